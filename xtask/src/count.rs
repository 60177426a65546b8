//! Counting tests in what the runners say, so that a suite that ran nothing is never taken for one that passed.

use std::{fs, ops::AddAssign, path::Path};

/// How many tests ran, and how they ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// As wished.
    pub passed: u64,
    /// Otherwise.
    pub failed: u64,
    /// Left out by the test itself.
    pub ignored: u64,
}

impl Count {
    /// Whether not one test ran.
    pub const fn is_none(&self) -> bool {
        self.passed + self.failed == 0
    }
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
    }
}

/// The sum over every `test result:` line of `cargo test`.
pub fn in_cargo_test<'a>(lines: impl IntoIterator<Item = &'a str>) -> Count {
    let mut sum = Count::default();
    for line in lines {
        let Some(result) = line.trim_start().strip_prefix("test result: ") else { continue };
        let of = |word: &str| {
            result
                .split(['.', ';'])
                .find_map(|part| part.trim().strip_suffix(word)?.trim().parse().ok())
                .unwrap_or_default()
        };
        sum += Count { passed: of("passed"), failed: of("failed"), ignored: of("ignored") };
    }
    sum
}

/// What node's test runner says at the end of its TAP.
pub fn in_tap<'a>(lines: impl IntoIterator<Item = &'a str>) -> Count {
    let mut sum = Count::default();
    for line in lines {
        let Some((name, number)) = line.strip_prefix("# ").and_then(|rest| rest.split_once(' ')) else { continue };
        let Ok(number) = number.parse::<u64>() else { continue };
        match name {
            "pass" => sum.passed += number,
            "fail" | "cancelled" => sum.failed += number,
            "skipped" | "todo" => sum.ignored += number,
            _ => {}
        }
    }
    sum
}

/// The sum over the reports surefire left in a folder; nothing where there is no folder.
pub fn in_surefire_reports(folder: &Path) -> Count {
    let Ok(entries) = fs::read_dir(folder) else { return Count::default() };
    let mut sum = Count::default();
    for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        if path.extension().is_some_and(|extension| extension == "xml") {
            sum += fs::read_to_string(&path).map(|report| in_surefire_report(&report)).unwrap_or_default();
        }
    }
    sum
}

/// What the `<testsuite>` element of one report says.
fn in_surefire_report(report: &str) -> Count {
    let Some(element) = report.split_once("<testsuite ").and_then(|(_, rest)| rest.split('>').next()) else {
        return Count::default();
    };
    let of = |name: &str| -> u64 {
        let value = element.split_once(&format!("{name}=\"")).and_then(|(_, rest)| rest.split('"').next());
        value.and_then(|value| value.parse().ok()).unwrap_or_default()
    };
    let (tests, failed, ignored) = (of(" tests"), of(" failures") + of(" errors"), of(" skipped"));
    Count { passed: tests.saturating_sub(failed + ignored), failed, ignored }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_results_of_every_test_program_are_added_up() {
        let output = "     Running unittests src/lib.rs (target/debug/deps/kairan_protocol-1f)\n\
            test result: ok. 41 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 1.20s\n\
            test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 7 filtered out; finished in 0.01s";
        assert_eq!(in_cargo_test(output.lines()), Count { passed: 44, failed: 1, ignored: 2 });
    }

    #[test]
    fn a_suite_whose_programs_hold_no_test_ran_none() {
        let output = "running 0 tests\n\n\
            test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        assert!(in_cargo_test(output.lines()).is_none());
    }

    #[test]
    fn a_suite_that_says_nothing_ran_no_test() {
        assert!(in_cargo_test(["   Compiling kairan-core", "    Finished in 3 s"]).is_none());
    }

    #[test]
    fn tests_that_were_all_ignored_are_no_tests_that_ran() {
        let output = ["test result: ok. 0 passed; 0 failed; 5 ignored; 0 measured; 0 filtered out"];
        assert!(in_cargo_test(output).is_none());
    }

    #[test]
    fn a_surefire_report_is_read_by_its_head() {
        let report = "<?xml version=\"1.0\"?>\n<testsuite xmlns:xsi=\"x\" name=\"org.kairan.core.FacadeTest\" time=\"4.1\" \
            tests=\"5\" errors=\"1\" skipped=\"1\" failures=\"0\">\n<testcase name=\"tests=99\"/></testsuite>";
        assert_eq!(in_surefire_report(report), Count { passed: 3, failed: 1, ignored: 1 });
    }

    #[test]
    fn a_run_of_node_is_read_by_its_last_lines() {
        let output = "TAP version 13\n# Subtest: うめ\nok 1 - うめ\n1..1\n# tests 9\n# suites 0\n# pass 6\n# fail 1\n# cancelled 1\n# skipped 1\n# todo 0\n# duration_ms 61.2";
        assert_eq!(in_tap(output.lines()), Count { passed: 6, failed: 2, ignored: 1 });
        assert!(in_tap(["TAP version 13", "1..0", "# tests 0", "# pass 0", "# fail 0"]).is_none());
    }

    #[test]
    fn a_maven_run_without_reports_ran_no_test() {
        assert!(in_surefire_reports(Path::new("no/such/folder")).is_none());
    }
}
