//! Why an exchange failed, in the words of the planner.

use crate::{error::Error, plan::Trouble, transport::Failure};
use kairan_protocol::{id::OpId, wire::ProblemCode};
use std::time::Duration;

/// Why an exchange failed.
#[derive(Debug)]
pub(crate) struct Setback {
    pub(crate) trouble: Trouble,
    pub(crate) error: Error,
    /// The ops it held.
    pub(crate) ops: Vec<OpId>,
}

impl From<Error> for Setback {
    fn from(error: Error) -> Self {
        Self { trouble: Trouble::Own, error, ops: Vec::new() }
    }
}

impl From<Failure> for Setback {
    fn from(failure: Failure) -> Self {
        tracing::debug!(%failure, "exchange failed");
        Self { trouble: trouble(&failure), error: failure.into(), ops: Vec::new() }
    }
}

/// What a failure means for the planner.
fn trouble(failure: &Failure) -> Trouble {
    let millis = |wait: Option<Duration>| wait.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
    match failure {
        Failure::Cut => Trouble::Cut,
        Failure::Own(_) => Trouble::Own,
        Failure::Status { status: 408 | 429 | 502..=504, retry_after } => {
            Trouble::Busy { retry_after: millis(*retry_after) }
        }
        Failure::Status { status: 500.., .. } => Trouble::Broken,
        Failure::Unreachable(_)
        | Failure::Broken(_)
        | Failure::Foreign
        | Failure::Answer(_)
        | Failure::Status { .. } => Trouble::Away,
        Failure::Problem { problem, retry_after, .. } => match problem.code {
            ProblemCode::TokenUnknown | ProblemCode::NoToken => Trouble::TokenUnknown,
            ProblemCode::DeviceUnknown => Trouble::DeviceUnknown,
            ProblemCode::Revoked => Trouble::Revoked,
            ProblemCode::TooMany | ProblemCode::Unavailable | ProblemCode::DiskFull | ProblemCode::Timeout => {
                Trouble::Busy { retry_after: millis(*retry_after) }
            }
            ProblemCode::BadRequest | ProblemCode::TooLarge => Trouble::Rejected,
            ProblemCode::Other if problem.status < 500 => Trouble::Rejected,
            ProblemCode::Internal | ProblemCode::Other => Trouble::Broken,
            // These are about the request's place or proof, not about an op in it.
            ProblemCode::InviteUnknown
            | ProblemCode::InviteUsed
            | ProblemCode::InviteExpired
            | ProblemCode::InviteVoid
            | ProblemCode::TurnedAway
            | ProblemCode::NotListed
            | ProblemCode::BadProof
            | ProblemCode::NotFound
            | ProblemCode::MethodNotAllowed
            | ProblemCode::UnsupportedMedia => Trouble::Away,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_request_that_is_not_taken_as_such_makes_ops_suspect() {
        for code in ProblemCode::ALL {
            let failure = Failure::Problem { problem: Box::new(code.problem(None)), retry_after: None, date: None };
            let suspect = matches!(code, ProblemCode::BadRequest | ProblemCode::TooLarge);
            assert_eq!(trouble(&failure) == Trouble::Rejected, suspect, "{code:?}");
            assert_eq!(trouble(&failure) == Trouble::Revoked, *code == ProblemCode::Revoked);
        }
    }
}
