mod ci;
mod ci_templates;
mod explain;
