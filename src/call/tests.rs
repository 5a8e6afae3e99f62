//! Templates: what is taken, what is refused, and what comes of hostile values; replies: what they mean.
