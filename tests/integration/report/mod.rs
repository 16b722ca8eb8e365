mod formats;
mod outputs;
mod repair;
