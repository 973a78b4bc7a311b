//! Every metric: name, help, labels and buckets. No other file names one.
