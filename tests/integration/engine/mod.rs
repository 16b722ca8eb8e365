mod forms;
mod keystores;
mod providers;
