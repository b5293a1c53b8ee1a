//! The door under those who mean no good, by real sockets: slow ones, loud ones, many; and that others are answered meanwhile.

#[cfg(test)]
mod door {
    mod attacks;
    pub mod house;
    mod routes;
}
