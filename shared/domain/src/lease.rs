use jiff::{SignedDuration, Timestamp};

/// How long a lease runs unless it is renewed. A worker that died is missed for this long.
const TERM: SignedDuration = SignedDuration::from_secs(60);
/// A request that is about to be sent is over after this time, whatever became of it: clients give
/// an operation up after 10 s with all its repetitions, and the rest is for getting it on its way.
const LONGEST_REQUEST: SignedDuration = SignedDuration::from_secs(12);
/// A lease is renewed once less than this is left of it.
const RENEW_BELOW: SignedDuration = SignedDuration::from_secs(40);

/// The right of one worker to write, until a time that never lies beyond its invocation.
///
/// Nothing may be sent that could still arrive after the lease has ended: from then on another
/// worker may have finished the work, and what was in force may have moved on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    until: Timestamp,
    deadline: Timestamp,
}

impl Lease {
    /// Whatever was sent so long ago is over, whatever became of it.
    pub const LONGEST_REQUEST: SignedDuration = LONGEST_REQUEST;

    /// A lease that starts now, for an invocation that is ended at `deadline`.
    #[must_use]
    pub fn new(now: Timestamp, deadline: Timestamp) -> Self {
        let term = now.saturating_add(TERM).unwrap_or(deadline);
        Self {
            until: term.min(deadline),
            deadline,
        }
    }

    /// When it ends.
    #[must_use]
    pub fn until(&self) -> Timestamp {
        self.until
    }

    /// Whether a request sent now is over before the lease ends.
    #[must_use]
    pub fn covers_a_request(&self, now: Timestamp) -> bool {
        self.until.duration_since(now) >= LONGEST_REQUEST
    }

    /// Whether it is time to finish what is in flight: one more request fits, but not many.
    #[must_use]
    pub fn is_ending(&self, now: Timestamp) -> bool {
        self.until.duration_since(now) < LONGEST_REQUEST + LONGEST_REQUEST
    }

    /// The lease to ask for when this one is running low; `None` while enough is left of it, or
    /// when the invocation ends before anything would be gained.
    #[must_use]
    pub fn renewal(&self, now: Timestamp) -> Option<Self> {
        let low = self.until.duration_since(now) < RENEW_BELOW;
        let renewed = Self::new(now, self.deadline);
        (low && renewed.until > self.until && !renewed.is_ending(now)).then_some(renewed)
    }
}

/// What becomes of a lease that runs low.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextLease {
    /// The lease to note.
    pub lease: Lease,
    /// Whether the work goes on under it; else it ends now, near the end of the invocation: the next worker need
    /// not wait.
    pub is_renewed: bool,
}

impl Lease {
    /// What to note for work under this lease; `None` while enough is left of it.
    #[must_use]
    pub fn next(&self, now: Timestamp) -> Option<NextLease> {
        let renewal = self.renewal(now);
        if renewal.is_none() && !self.is_ending(now) {
            return None;
        }
        Some(NextLease {
            lease: renewal.unwrap_or(Self::new(now, now)),
            is_renewed: renewal.is_some(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_lease_never_outlives_its_invocation() {
        assert_eq!(Lease::new(at(0), at(900)).until(), at(60));
        assert_eq!(Lease::new(at(0), at(30)).until(), at(30));
        let last = Lease::new(at(870), at(900));
        assert_eq!(last.until(), at(900));
        assert_eq!(last.renewal(at(895)), None);
    }

    #[test]
    fn it_is_renewed_when_it_runs_low_and_only_then() {
        let lease = Lease::new(at(0), at(900));
        assert_eq!(lease.renewal(at(20)), None);
        assert_eq!(
            lease.renewal(at(21)).map(|renewed| renewed.until()),
            Some(at(81))
        );
    }

    #[test]
    fn it_is_renewed_when_it_runs_low_and_given_back_near_the_end_of_the_invocation() {
        let next = |lease: Lease, now| {
            let next = lease.next(at(now))?;
            Some((next.lease.until(), next.is_renewed))
        };
        let lease = Lease::new(at(0), at(180));
        assert_eq!(next(lease, 10), None);
        assert_eq!(next(lease, 30), Some((at(90), true)));
        let last = Lease::new(at(130), at(180));
        assert_eq!(next(last, 156), None, "enough for some requests");
        assert_eq!(next(last, 157), Some((at(157), false)));
        // One that would be near its own end at once is no gain.
        let short = Lease::new(at(0), at(70));
        assert_eq!(next(short, 46), Some((at(70), true)));
        assert_eq!(next(short, 47), Some((at(47), false)));
    }

    #[test]
    fn nothing_is_sent_that_could_arrive_after_its_end() {
        let lease = Lease::new(at(0), at(900));
        assert!(lease.covers_a_request(at(48)));
        assert!(!lease.covers_a_request(at(49)));
        assert!(!lease.covers_a_request(at(61)));
    }
}
