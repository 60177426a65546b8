//! The program `kairan-server`: reads its arguments and does what they say.

use std::process::ExitCode;

fn main() -> ExitCode {
    kairan_server::command::main()
}
