mod forms;
mod keystores;
mod providers;
mod redact;
