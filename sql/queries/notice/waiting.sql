-- notice.waiting
-- How many are not sent yet, by channel.
select channel, count(*) as waiting
from notices
group by channel
