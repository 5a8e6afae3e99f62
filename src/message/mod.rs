//! What a message says, in the customer's language: templates in, texts out. It sends nothing, and decides nothing.
