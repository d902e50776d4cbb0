"""A training step in Keras on TensorFlow, channels last. Usage: keras_train.py graph | xla"""

import math
import os
import sys

from protocol import batches, read_data, serve

LOG_TWO_PI = math.log(2 * math.pi)


def network(keras, layers: list, shape: tuple, name: str):
    start = keras.Input(shape)
    return keras.Model(start, stack(keras, layers, start), name=name)


def stack(keras, layers: list, x):
    for layer in layers:
        x = apply(keras, layer, x)
    return x


def initializer(keras, init: dict):
    scale = init["scale"]
    if init["kind"] == "normal":
        return keras.initializers.RandomNormal(stddev=scale)
    return keras.initializers.RandomUniform(-scale, scale)


def apply(keras, layer: dict, x):
    kind = layer["type"]
    if kind == "activation":
        if layer["name"] == "leakyRelu":
            return keras.layers.LeakyReLU(negative_slope=layer["alpha"])(x)
        return keras.layers.Activation(layer["name"])(x)
    if kind == "dropout":
        return keras.layers.Dropout(1 - layer["keep"])(x)
    if kind == "flatten":
        return keras.layers.Flatten()(x)
    if kind == "reshape":
        channels, height, width = layer["shape"]
        return keras.layers.Reshape((height, width, channels))(x)
    if kind == "groupNorm":
        return keras.layers.GroupNormalization(layer["groups"], epsilon=layer["epsilon"])(x)
    if kind == "layerNorm":
        return keras.layers.LayerNormalization(tuple(range(1, len(x.shape))), epsilon=layer["epsilon"])(x)
    if kind == "residual":
        return keras.layers.Add()([stack(keras, layer["layers"], x), stack(keras, layer["shortcut"], x)])
    if kind == "dense":
        return dense(keras, layer)(x)
    return convolution(keras, layer, x)


def dense(keras, layer: dict):
    return keras.layers.Dense(layer["units"], kernel_initializer=initializer(keras, layer["init"]))


def convolution(keras, layer: dict, x):
    """"same" where it gives these extents: Keras has no numbers for pads."""
    options = {
        "filters": layer["filters"],
        "kernel_size": tuple(layer["kernel"]),
        "strides": tuple(layer["strides"]),
        "kernel_initializer": initializer(keras, layer["init"]),
    }
    if layer["type"] == "conv2dTranspose":
        extra = None if layer["same"] else tuple(layer["symmetric"]["outputPadding"])
        y = keras.layers.Conv2DTranspose(**options, padding="same", output_padding=extra)(x)
    else:
        y = keras.layers.Conv2D(**options, padding="same" if layer["same"] else "valid")(x)
    if tuple(y.shape[1:3]) != tuple(layer["extents"]):
        raise ValueError(f"{layer['type']}: Keras makes {y.shape[1:3]}, wanted {layer['extents']}")
    return y


def prepare(request: dict):
    os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="2")
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(0)
    tf.config.threading.set_intra_op_parallelism_threads(request["threads"])
    tf.config.threading.set_inter_op_parallelism_threads(request["threads"])
    plan = request["plan"]
    channels, height, width = plan["shape"]
    encoder = network(keras, plan["encoder"], (height, width, channels), "encoder")
    heads = [dense(keras, layer) for layer in plan["heads"]]
    for head in heads:
        head.build(encoder.output_shape)
    decoder = network(keras, plan["decoder"], (plan["latent"],), "decoder")
    weights = encoder.trainable_variables + [v for head in heads for v in head.trainable_variables]
    weights += decoder.trainable_variables
    options = plan["optimizer"]
    optimizer = keras.optimizers.Adam(
        options["learningRate"], options["beta1"], options["beta2"], options["epsilon"]
    )
    optimizer.build(weights)
    data = tf.constant(read_data(request, (height, width, channels)))
    loss_of = loss_function(tf, plan, encoder, heads, decoder)

    @tf.function(jit_compile=sys.argv[1] == "xla", reduce_retracing=True)
    def update(rows):
        with tf.GradientTape() as tape:
            loss = loss_of(tf.gather(data, rows))
        optimizer.apply(tape.gradient(loss, weights), weights)
        return loss

    rows = batches(len(data), request["batch"])
    step = lambda: float(update(tf.constant(next(rows))))  # noqa: E731
    count = sum(int(tf.size(weight)) for weight in weights)
    description = f"keras {keras.__version__}, tensorflow {tf.__version__}"
    return step, {"loss": step(), "parameters": count, "description": description}


def loss_function(tf, plan: dict, encoder, heads, decoder):
    bernoulli, objective = plan["likelihood"]["type"] == "bernoulli", plan["objective"]

    def flat(x):
        return tf.reshape(x, (tf.shape(x)[0], -1))

    def reconstruction(x, output):
        x, output = flat(x), flat(output)
        if bernoulli:
            return tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(x, output), 1)
        variance = plan["likelihood"]["variance"]
        constant = 0.5 * (LOG_TWO_PI + math.log(variance))
        return tf.reduce_sum(tf.square(x - output) * (0.5 / variance) + constant, 1)

    def kl(mean, logvar, z):
        if objective["kl"] == "sampled":
            log_q = -0.5 * (tf.square(z - mean) * tf.exp(-logvar) + logvar + LOG_TWO_PI)
            return tf.reduce_sum(log_q + 0.5 * (tf.square(z) + LOG_TWO_PI), 1)
        return 0.5 * tf.reduce_sum(tf.square(mean) + tf.exp(logvar) - 1 - logvar, 1)

    def loss(x):
        h = encoder(x, training=True)
        mean, logvar = tf.split(heads[0](h), 2, 1) if len(heads) == 1 else (heads[0](h), heads[1](h))
        z = mean + tf.exp(0.5 * logvar) * tf.random.normal(tf.shape(mean))
        output = decoder(z, training=True)
        return tf.reduce_mean(reconstruction(x, output) + objective["beta"] * kl(mean, logvar, z))

    return loss


serve(prepare)
