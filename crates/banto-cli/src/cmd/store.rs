//! `store …`: a store as a whole.

use super::Desk;
use crate::{
    args::StoreVerb,
    exit::{Exit, Failure},
};

mod copy;
mod show;

pub(super) use copy::run as copy;

/// What is asked of the store that is opened.
pub(super) async fn verb(desk: &mut Desk<'_>, verb: StoreVerb) -> Result<Exit, Failure> {
    match verb {
        StoreVerb::Show => show::run(desk).await,
        // It opens its two stores itself.
        StoreVerb::Copy(_) => Ok(Exit::Well),
    }
}
