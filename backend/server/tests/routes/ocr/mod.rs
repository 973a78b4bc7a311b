mod forms;
mod image;
mod pdf;
mod queue;
