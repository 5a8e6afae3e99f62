-- What customers are to be told of: written with the very transition that it is about, so that a crash loses none, and gone
-- once it was sent, or given up.
create table notices (
  account_id uuid not null,
  notice_id uuid not null,
  kind text not null,
  channel text not null,
  address bytea not null,
  reference text not null,
  language text,
  made_at timestamptz not null,
  due_at timestamptz not null,
  tries smallint not null,
  constraint notices_pkey primary key (account_id, notice_id),
  constraint notices_account_known foreign key (account_id) references accounts (account_id),
  constraint notices_channel_known check (channel in ('sms', 'email')),
  constraint notices_tries_natural check (tries >= 0)
);

create index notices_due on notices (channel, due_at);

comment on table notices is 'Messages without a TAN that are not sent yet.';
comment on column notices.account_id is 'Whose.';
comment on column notices.notice_id is 'UUIDv7; which sending it is. One that is repeated has the same.';
comment on column notices.kind is 'What about.';
comment on column notices.channel is 'What carries it.';
comment on column notices.address is 'Sealed address it goes to, which need not be in force any more.';
comment on column notices.reference is 'What the customer names when he calls the bank; it stands in the trail too.';
comment on column notices.language is 'The customer''s language when it was posted.';
comment on column notices.made_at is 'When it was posted.';
comment on column notices.due_at is 'From then on anyone may send it: whoever does now is dead then, or has put it off.';
comment on column notices.tries is 'How often its sending was begun.';

-- The client's language, where the account names none.
alter table challenges
  add column language text,
  add column carried_by text;

comment on column challenges.language is 'The language that the client which asked for it wants, of those that are spoken here.';
comment on column challenges.carried_by is 'The transport that carried its latest message, by the operator''s name for it.';
