//! Tests that the table of steps matches the README.

use super::*;

#[test]
fn the_last_step_is_the_command_of_the_readme() {
    assert_eq!(STEPS.last().map(|step| step.command), Some(test::COMMAND));
    assert!(STEPS.iter().all(|step| step.command.starts_with("cargo ")));
}
