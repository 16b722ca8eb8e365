mod cli;
mod gate;
mod hostile;
mod lockfiles;
mod online;
mod origin;
mod publish;
mod update;
