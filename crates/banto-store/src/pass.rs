//! Calls that are only passed on.
//!
//! For a store that stands before another (a watcher, a fault, a mutation): it writes the verbs that it changes and names the
//! others, so that a new verb is one line in each.

/// The methods of [`Store`](crate::Store) or [`Read`](crate::Read) that are named, each passing its call on to the store in
/// that field: `banto_store::pass!(inner: renew steer)`. The word `reads` is all questions but `about`.
#[macro_export]
macro_rules! pass {
    ($($field:ident).+: reads) => {
        $crate::pass!($($field).+:
            job jobs cards queues census instances holder keys standing service schedules fires tally
        );
    };
    ($($field:ident).+: $verb:ident $($rest:ident)+) => {
        $crate::pass!($($field).+: $verb);
        $crate::pass!($($field).+: $($rest)+);
    };
    ($($field:ident).+: enqueue) => {
        $crate::__pass!($($field).+ enqueue(jobs: ::std::sync::Arc<[$crate::words::NewJob]>) -> Vec<$crate::Enqueued>);
    };
    ($($field:ident).+: claim) => { $crate::__pass!($($field).+ claim(claim: $crate::Claim) -> $crate::Claimed); };
    ($($field:ident).+: renew) => {
        $crate::__pass!($($field).+ renew(leases: Vec<$crate::words::Lease>, lease_ms: u64) -> Vec<$crate::Renewed>);
    };
    ($($field:ident).+: finish) => {
        $crate::__pass!($($field).+ finish(finishes: Vec<$crate::Finish>) -> Vec<$crate::Finished>);
    };
    ($($field:ident).+: expired) => { $crate::__pass!($($field).+ expired(limit: usize) -> Vec<$crate::Expired>); };
    ($($field:ident).+: rescue) => {
        $crate::__pass!($($field).+ rescue(finishes: Vec<$crate::Finish>) -> Vec<$crate::Finished>);
    };
    ($($field:ident).+: register) => {
        $crate::__pass!($($field).+ register(register: $crate::Register) -> $crate::Registration);
    };
    ($($field:ident).+: fire) => { $crate::__pass!($($field).+ fire(firing: $crate::Firing) -> Vec<$crate::Fired>); };
    ($($field:ident).+: steer) => { $crate::__pass!($($field).+ steer(steer: $crate::Steer) -> $crate::Steered); };
    ($($field:ident).+: prune) => { $crate::__pass!($($field).+ prune(prune: $crate::Prune) -> $crate::Pruned); };
    ($($field:ident).+: settle) => { $crate::__pass!($($field).+ settle(settle: $crate::Settle) -> $crate::Settled); };
    ($($field:ident).+: record) => { $crate::__pass!($($field).+ record(records: Vec<$crate::Record>) -> usize); };
    ($($field:ident).+: beat) => { $crate::__pass!($($field).+ beat(instance: $crate::Instance) -> $crate::Orders); };
    ($($field:ident).+: changed) => { $crate::__pass!($($field).+ changed(seen: u64) -> u64); };
    ($($field:ident).+: about) => {
        fn about(&self) -> $crate::About {
            self.$($field).+.about()
        }
    };
    ($($field:ident).+: job) => { $crate::__pass!($($field).+ job(id: $crate::words::JobId) -> Option<$crate::Card>); };
    ($($field:ident).+: jobs) => {
        $crate::__pass!($($field).+ jobs(select: $crate::Select, before: Option<$crate::words::JobId>) -> $crate::Page);
    };
    ($($field:ident).+: cards) => {
        $crate::__pass!(
            $($field).+ cards(select: $crate::Select, before: Option<$crate::words::JobId>) -> Vec<$crate::Card>
        );
    };
    ($($field:ident).+: queues) => { $crate::__pass!($($field).+ queues() -> Vec<$crate::QueueView>); };
    ($($field:ident).+: census) => { $crate::__pass!($($field).+ census() -> Vec<$crate::Census>); };
    ($($field:ident).+: instances) => { $crate::__pass!($($field).+ instances() -> Vec<$crate::Seen>); };
    ($($field:ident).+: holder) => {
        $crate::__pass!($($field).+ holder(key: $crate::words::Label) -> Option<$crate::Holder>);
    };
    ($($field:ident).+: keys) => {
        $crate::__pass!($($field).+ keys(after: Option<String>, limit: usize) -> $crate::Keys);
    };
    ($($field:ident).+: standing) => { $crate::__pass!($($field).+ standing() -> Option<$crate::Standing>); };
    ($($field:ident).+: service) => {
        $crate::__pass!($($field).+ service(service: $crate::words::Name) -> Option<$crate::Service>);
    };
    ($($field:ident).+: schedules) => { $crate::__pass!($($field).+ schedules() -> $crate::Board); };
    ($($field:ident).+: fires) => {
        $crate::__pass!($($field).+ fires(select: $crate::SelectFires) -> Vec<$crate::FireView>);
    };
    ($($field:ident).+: tally) => { $crate::__pass!($($field).+ tally() -> $crate::Tally); };
}

/// One method that passes its call on.
#[doc(hidden)]
#[macro_export]
macro_rules! __pass {
    ($($field:ident).+ $verb:ident($($name:ident: $type:ty),*) -> $answer:ty) => {
        fn $verb(&self, $($name: $type),*) -> $crate::Answer<'_, $answer> {
            self.$($field).+.$verb($($name),*)
        }
    };
}
