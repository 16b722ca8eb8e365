#[cfg(unix)]
mod calm;
mod ci;
mod ci_templates;
mod explain;
#[cfg(unix)]
mod installs_nothing_unowned;
