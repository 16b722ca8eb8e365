//! Hooks of coding assistants that would not stop them.

use super::super::assistants::{self, AssistantState};
use super::super::site::Site;
use super::{Diagnosis, messages};
use crate::error::Result;

pub(super) fn check(site: &Site, diagnosis: &mut Diagnosis) -> Result<()> {
    let states = assistants::states(site)?;
    for state in &states {
        diagnosis.problems.extend(problem(state));
    }
    let guarded: Vec<&str> = states.iter().map(|state| state.assistant.id).collect();
    if !guarded.is_empty() {
        diagnosis.facts.push(format!("hooks of {}", guarded.join(", ")));
    }
    Ok(())
}

fn problem(state: &AssistantState) -> Option<super::Problem> {
    let (name, id) = (state.assistant.name, state.assistant.id);
    if !state.is_readable {
        return Some(messages::assistant_unreadable(name, state.settings));
    }
    if let Some(file) = &state.off_in {
        return Some(messages::assistant_switched_off(name, file));
    }
    if !state.missing.is_empty() {
        return Some(messages::assistant_unasked(name, id, state.settings, &state.missing.join(", ")));
    }
    let gone = state.commands.iter().find(|command| assistants::program_of(command).is_none());
    gone.map(|_| messages::assistant_program_gone(name, id, state.settings))
}
