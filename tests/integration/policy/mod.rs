mod authority;
mod migrate;
mod rules;
