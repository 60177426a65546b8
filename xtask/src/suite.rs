//! One suite: what it is called, how it is run, and how that ended.

use crate::{count::Count, run::Ran, trouble::Trouble, workshop::Workshop};
use std::time::Duration;

/// How a suite ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Well.
    Passed,
    /// Not well.
    Failed(String),
    /// Not at all, and why.
    NotRun(String),
}

/// What a suite reports.
pub struct Report {
    /// How it ended.
    pub verdict: Verdict,
    /// The tests it counted; none for a check that is no test.
    pub count: Option<Count>,
}

impl Report {
    /// Of a check that knows only yes or no.
    pub fn check(ran: &Ran) -> Self {
        let verdict = if ran.success { Verdict::Passed } else { Verdict::Failed("see above".into()) };
        Self { verdict, count: None }
    }

    /// Of a runner whose tests were counted.
    pub fn tests(ran: &Ran, count: Count) -> Self {
        let verdict = match (ran.success, count) {
            (true, Count { failed: 0, .. }) if count.is_none() => Verdict::NotRun("it holds no test".into()),
            (true, Count { failed: 0, .. }) => Verdict::Passed,
            (_, Count { failed: 0, .. }) => Verdict::Failed("it ended badly without naming a test".into()),
            (_, Count { failed, .. }) => Verdict::Failed(format!("{failed} of its tests")),
        };
        Self { verdict, count: Some(count) }
    }

    /// Of a suite this machine cannot run.
    pub fn not_run(why: impl Into<String>) -> Self {
        Self { verdict: Verdict::NotRun(why.into()), count: None }
    }
}

/// A suite.
pub struct Suite {
    /// Its name in the table.
    pub name: &'static str,
    /// What it does.
    pub run: fn(&Workshop) -> Result<Report, Trouble>,
}

/// A suite that has ended.
pub struct Ended {
    /// Its name in the table.
    pub name: &'static str,
    /// What it reported.
    pub report: Report,
    /// How long it took.
    pub took: Duration,
}

impl Ended {
    /// Whether the whole run fails because of it.
    pub const fn fails(&self, require_all: bool) -> bool {
        match self.report.verdict {
            Verdict::Passed => false,
            Verdict::Failed(_) => true,
            Verdict::NotRun(_) => require_all,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(success: bool, count: Count) -> Ended {
        let ran = Ran { success, lines: Vec::new() };
        Ended { name: "a suite", report: Report::tests(&ran, count), took: Duration::ZERO }
    }

    #[test]
    fn a_suite_that_ran_no_test_fails_only_when_everything_is_required() {
        let ended = ended(true, Count { ignored: 3, ..Count::default() });
        assert!(matches!(ended.report.verdict, Verdict::NotRun(_)));
        assert!(ended.fails(true));
        assert!(!ended.fails(false));
    }

    #[test]
    fn a_runner_that_broke_before_its_first_test_has_failed_either_way() {
        let ended = ended(false, Count::default());
        assert!(ended.fails(true));
        assert!(ended.fails(false));
    }

    #[test]
    fn a_failed_test_fails_the_suite_even_if_its_runner_ended_well() {
        assert!(ended(true, Count { passed: 9, failed: 1, ignored: 0 }).fails(false));
    }

    #[test]
    fn a_suite_whose_tests_all_passed_fails_nothing() {
        assert!(!ended(true, Count { passed: 9, failed: 0, ignored: 1 }).fails(true));
    }
}
