#[cfg(unix)]
mod assistants;
#[cfg(unix)]
mod canary;
#[cfg(unix)]
mod doctor;
#[cfg(unix)]
mod global;
#[cfg(unix)]
mod hooks;
#[cfg(unix)]
mod managers;
#[cfg(unix)]
mod strict;
