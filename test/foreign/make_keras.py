"""Writes the models that Keras and tf2onnx export, one folder per way of exporting.

    python make_keras.py OUTDIR

Needs requirements-keras.txt. A folder holds encoder.onnx, decoder.onnx and, under expected/, what Keras itself
computes: x.npy (the encoder's input), mean.npy and logvar.npy, z.npy (the decoder's input) and decoded.npy. Images
are channels last. Weights are random, from fixed seeds.
"""

import os
import sys
from pathlib import Path

os.environ |= {'TF_CPP_MIN_LOG_LEVEL': '3', 'KERAS_BACKEND': 'tensorflow', 'CUDA_VISIBLE_DEVICES': ''}

import keras
import numpy as np
import onnxruntime
import tensorflow as tf
import tf2onnx
from keras import layers

ITEMS = 3
LATENT = 4


def main(outdir):
    for case in CASES:
        # Names that Keras makes up count upwards; each case starts them anew.
        keras.backend.clear_session()
        folder = outdir / case.__name__.replace('_', '-')
        folder.mkdir(parents=True, exist_ok=True)
        case(folder, np.random.default_rng(sum(map(ord, case.__name__))))
        print(folder.name, sum(file.stat().st_size for file in folder.rglob('*') if file.is_file()), 'bytes')


# The cases


def keras_conv(folder, random):
    """One encoder output, mean and log-variance side by side, through Keras's own export; outputs get no names."""
    encoder, decoder = moments_encoder(random), conv_decoder(random, (3, 4), 3)
    x, z = uniform(random, ITEMS, 12, 16, 3), normal(random, ITEMS, LATENT)
    mean, logvar = np.split(value(encoder(x)), 2, axis=-1)
    decoded = value(decoder(z))
    encoder.export(folder / 'encoder.onnx', format='onnx', verbose=False)
    decoder.export(folder / 'decoder.onnx', format='onnx', verbose=False)
    check(folder, x, [np.concatenate([mean, logvar], axis=-1)], z, decoded)
    save(folder, x=x, mean=mean, logvar=logvar, z=z, decoded=decoded)


def keras_two(folder, random):
    """The Keras tutorial's encoder, through tf2onnx: mean, log-variance and a draw made inside the graph."""
    encoder, decoder = tutorial_encoder(random), conv_decoder(random, (4, 4), 1)
    x, z = uniform(random, ITEMS, 16, 16, 1), normal(random, ITEMS, LATENT)
    tf2onnx.convert.from_keras(encoder, output_path=folder / 'encoder.onnx')
    tf2onnx.convert.from_keras(decoder, output_path=folder / 'decoder.onnx')
    mean, logvar, _ = map(value, encoder(x))
    decoded = value(decoder(z))
    check(folder, x, [mean, logvar], z, decoded)
    save(folder, x=x, mean=mean, logvar=logvar, z=z, decoded=decoded)


CASES = [keras_conv, keras_two]


# The networks


def moments_encoder(random):
    inputs = keras.Input((12, 16, 3))
    hidden = layers.Conv2D(4, 3, strides=2, padding='same', activation='relu')(inputs)
    hidden = layers.Conv2D(8, 3, strides=2, padding='same', activation='relu')(hidden)
    outputs = layers.Dense(2 * LATENT)(layers.Flatten()(hidden))
    return spread(keras.Model(inputs, outputs, name='encoder'), random)


def tutorial_encoder(random):
    inputs = keras.Input((16, 16, 1))
    hidden = layers.Conv2D(4, 3, strides=2, padding='same', activation='relu')(inputs)
    hidden = layers.Conv2D(8, 3, strides=2, padding='same', activation='relu')(hidden)
    hidden = layers.Dense(8, activation='relu')(layers.Flatten()(hidden))
    mean = layers.Dense(LATENT, name='z_mean')(hidden)
    logvar = layers.Dense(LATENT, name='z_log_var')(hidden)
    draw = Sampling()([mean, logvar])
    return spread(keras.Model(inputs, [mean, logvar, draw], name='encoder'), random)


class Sampling(layers.Layer):
    def call(self, inputs):
        mean, logvar = inputs
        return mean + tf.exp(0.5 * logvar) * tf.random.normal(tf.shape(mean))


def conv_decoder(random, start, channels):
    """From a latent to an image of four times `start`, sigmoid inside."""
    inputs = keras.Input((LATENT,))
    hidden = layers.Dense(8 * start[0] * start[1], activation='relu')(inputs)
    hidden = layers.Reshape((*start, 8))(hidden)
    hidden = layers.Conv2DTranspose(8, 3, strides=2, padding='same', activation='relu')(hidden)
    hidden = layers.Conv2DTranspose(4, 3, strides=2, padding='same', activation='relu')(hidden)
    outputs = layers.Conv2DTranspose(channels, 3, padding='same', activation='sigmoid')(hidden)
    return spread(keras.Model(inputs, outputs, name='decoder'), random)


def spread(model, random):
    """Draws weights large enough for outputs to differ from item to item, unlike the default ones."""
    for weight in model.weights:
        if weight.name == 'kernel':
            fan_in = np.prod(weight.shape[:-1])
            weight.assign(normal(random, *weight.shape) * np.sqrt(2 / fan_in))
        else:
            weight.assign(normal(random, *weight.shape) * 0.3)
    return model


# Numbers


def uniform(random, *shape):
    return random.random(shape, dtype=np.float32)


def normal(random, *shape):
    return random.standard_normal(shape, dtype=np.float32)


def value(tensor):
    return keras.ops.convert_to_numpy(tensor)


def save(folder, **arrays):
    """Writes what the framework computed."""
    (folder / 'expected').mkdir(exist_ok=True)
    for name, array in arrays.items():
        assert np.isfinite(array).all(), name
        np.save(folder / 'expected' / f'{name}.npy', np.ascontiguousarray(array))


def check(folder, x, encoded, z, decoded):
    """ONNX Runtime must give what Keras gave."""
    for got, expected in zip(run(folder / 'encoder.onnx', x), encoded):
        agree(got, expected)
    agree(run(folder / 'decoder.onnx', z)[0], decoded)


def run(file, array):
    session = onnxruntime.InferenceSession(file, providers=['CPUExecutionProvider'])
    return session.run(None, {session.get_inputs()[0].name: array})


def agree(got, expected):
    limit = 1e-4 * max(1, np.abs(expected).max())
    assert got.shape == expected.shape and np.abs(got - expected).max() <= limit, (got, expected)


if __name__ == '__main__':
    main(Path(sys.argv[1]))
