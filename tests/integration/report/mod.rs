mod formats;
mod repair;
