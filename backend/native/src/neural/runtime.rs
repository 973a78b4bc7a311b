//! The library that evaluates the networks, behind a trait, so that it can be replaced.

use rten::{Model, ModelOptions, NodeId, Value, ValueOrView};
use rten_tensor::{Tensor as RtenTensor, prelude::*};

/// A network's input or output, in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tensor {
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Vec<f32>,
}

impl Tensor {
    /// An image of three channels with these values in each.
    pub(crate) fn of_grey(width: usize, height: usize, values: &[f32]) -> Self {
        Self { shape: vec![1, 3, height, width], values: values.repeat(3) }
    }
}

/// A network with one input.
pub(crate) trait Network: Send + Sync {
    /// Evaluates the network. The error is a sentence for the operator.
    fn run(&self, input: Tensor) -> Result<Vec<Tensor>, String>;
    /// A text of the model's metadata.
    fn metadata(&self, name: &str) -> Option<&str>;
    /// The same for a network with one output.
    fn run_one(&self, input: Tensor) -> Result<Tensor, String> {
        let mut outputs = self.run(input)?;
        match outputs.pop() {
            Some(output) if outputs.is_empty() => Ok(output),
            _ => Err("the model does not have one output".to_owned()),
        }
    }
}

/// The mean and the deviation of the images of `ImageNet` in red, green and blue, with which several networks' inputs are normalized.
const IMAGENET: [(f32, f32); 3] = [(0.485, 0.229), (0.456, 0.224), (0.406, 0.225)];

/// The value of a grey pixel in a channel of an input that is normalized in this way.
pub(crate) fn imagenet(channel: usize, grey: u8) -> f32 {
    let (mean, deviation) = IMAGENET[channel];
    (f32::from(grey) / 255.0 - mean) / deviation
}

/// A network that rten evaluates.
pub(crate) struct RtenNetwork {
    model: Model,
    input: NodeId,
}

impl RtenNetwork {
    /// Parses a model in the ONNX format. The error is a sentence for the operator.
    pub(crate) fn load(onnx: Vec<u8>) -> Result<Self, String> {
        let model = ModelOptions::with_all_ops().prepack_weights(true).load(onnx).map_err(|error| error.to_string())?;
        match model.input_ids() {
            &[input] => Ok(Self { model, input }),
            _ => Err("the model does not have one input".to_owned()),
        }
    }
}

impl Network for RtenNetwork {
    fn run(&self, input: Tensor) -> Result<Vec<Tensor>, String> {
        let input = RtenTensor::try_from_data(&input.shape[..], input.values).map_err(|error| error.to_string())?;
        let input: ValueOrView = input.view().into();
        let outputs = self.model.run(vec![(self.input, input)], self.model.output_ids(), None);
        let tensor = |output| match output {
            Value::FloatTensor(output) => Ok(Tensor { shape: output.shape().to_vec(), values: output.into_data() }),
            _ => Err("an output of the model is not a tensor of numbers".to_owned()),
        };
        outputs.map_err(|error| error.to_string())?.into_iter().map(tensor).collect()
    }

    fn metadata(&self, name: &str) -> Option<&str> {
        self.model.metadata().get(name)
    }
}

/// Makes this thread the only one that evaluates networks. A child must have one thread when it drops its rights, and cannot start
/// another one afterwards; rten then runs a network on the thread that asks for it, and its loops on rayon's global pool.
pub(crate) fn use_one_thread() -> Result<(), String> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread();
    pool.build_global().map_err(|error| error.to_string())
}
