//! The table at the end of a test run, and its last line.

use crate::{
    count::Count,
    suite::{Ended, Verdict},
};
use std::fmt::Write as _;

/// Every suite on a line: name, result, tests, time, and why it did not pass.
pub fn of(suites: &[Ended]) -> String {
    let mut table = format!("{:<20} {:<8} {:>7} {:>8}\n", "suite", "result", "tests", "seconds");
    for suite in suites {
        let (result, why) = match &suite.report.verdict {
            Verdict::Passed => ("passed", ""),
            Verdict::Failed(why) => ("FAILED", why.as_str()),
            Verdict::NotRun(why) => ("not run", why.as_str()),
        };
        let count = suite.report.count;
        let tests = count.map_or_else(|| "–".to_owned(), |count| (count.passed + count.failed).to_string());
        let ignored = count.filter(|count| count.ignored > 0).map(|count| format!("{} ignored", count.ignored));
        let remarks = [why, ignored.as_deref().unwrap_or_default()];
        let remarks = remarks.into_iter().filter(|remark| !remark.is_empty()).collect::<Vec<_>>().join("; ");
        let line = format!("{:<20} {result:<8} {tests:>7} {:>8.1}  {remarks}", suite.name, suite.took.as_secs_f64());
        // Writing into a String cannot fail.
        let _ = writeln!(table, "{}", line.trim_end());
    }
    table
}

/// `N passed, N failed`: tests, where a suite that failed without naming one counts as one.
pub fn last_line(suites: &[Ended]) -> String {
    let mut sum = Count::default();
    for suite in suites {
        let count = suite.report.count.unwrap_or_default();
        sum += count;
        if count.failed == 0 && matches!(suite.report.verdict, Verdict::Failed(_)) {
            sum.failed += 1;
        }
    }
    format!("{} passed, {} failed", sum.passed, sum.failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::Report;
    use std::time::Duration;

    fn ended(name: &'static str, verdict: Verdict, count: Option<Count>) -> Ended {
        Ended { name, report: Report { verdict, count }, took: Duration::from_millis(1_250) }
    }

    #[test]
    fn the_last_line_adds_up_tests_and_owns_up_to_a_failed_check() {
        let suites = [
            ended("format", Verdict::Failed("see above".into()), None),
            ended("rust", Verdict::Passed, Some(Count { passed: 40, failed: 0, ignored: 2 })),
            ended(
                "end to end",
                Verdict::Failed("2 of its tests".into()),
                Some(Count { passed: 5, failed: 2, ignored: 0 }),
            ),
            ended("kotlin", Verdict::NotRun("maven is missing".into()), None),
        ];
        assert_eq!(last_line(&suites), "45 passed, 3 failed");
    }

    #[test]
    fn the_table_says_why_a_suite_did_not_run() {
        let table = of(&[ended("kotlin", Verdict::NotRun("maven is missing".into()), None)]);
        assert!(table.contains("kotlin               not run        –      1.2  maven is missing\n"), "{table}");
    }
}
