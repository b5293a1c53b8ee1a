//! The openai provider over real HTTP, against a local server that speaks its wire format.
