#[cfg(unix)]
mod calm;
mod ci;
mod ci_templates;
#[cfg(unix)]
mod completions;
mod documented;
mod explain;
#[cfg(unix)]
mod installs_nothing_unowned;
#[cfg(target_os = "linux")]
mod memory;
mod newcomer;
mod outputs;
#[cfg(unix)]
mod overview;
mod repair;
