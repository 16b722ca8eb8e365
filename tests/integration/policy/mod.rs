mod migrate;
mod rules;
