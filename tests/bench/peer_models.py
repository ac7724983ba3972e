"""The networks of networks.cc in Keras: (model, row shape, how many ids or 0, samples an epoch, loss)."""


def network(name, batch):
    import keras

    layers = keras.layers
    pictures = {"cnn": (32, 32, 3), "lenet": (28, 28, 1), "mlp": (784,), "bigmlp": (4096,), "resnet20": (32, 32, 3)}
    samples = {"cnn": 4096, "lenet": 8192, "mlp": 16384, "bigmlp": 512, "lstm": 2048, "transformer": 1024,
               "resnet20": 768, "widedeep": 8192}[name] * (2 if name == "mlp" and batch >= 100 else 1)
    samples = max(samples // batch, 8) * batch
    if name in pictures:
        model = {"resnet20": resnet20, "bigmlp": bigmlp}.get(name, lambda _: stack(name, layers))(layers)
        loss = "categorical_crossentropy" if name == "cnn" else "sparse_categorical_crossentropy"
        return model, pictures[name], 0, samples, loss
    model, length, ids = {"lstm": lstm, "transformer": transformer, "widedeep": widedeep}[name](layers)
    loss = "sparse_categorical_crossentropy" if name == "transformer" else "binary_crossentropy"
    return model, (length,), ids, samples, loss


def stack(name, layers):
    import keras

    relu = {"activation": "relu"}
    inner = {
        "mlp": [layers.Input((784,)), layers.Dense(512, **relu), layers.Dense(512, **relu)],
        "cnn": [layers.Input((32, 32, 3)), layers.Conv2D(32, 3, **relu), layers.MaxPooling2D(2),
                layers.Conv2D(64, 3, **relu), layers.MaxPooling2D(2), layers.Conv2D(64, 3, **relu),
                layers.Flatten(), layers.Dense(64, **relu)],
        "lenet": [layers.Input((28, 28, 1)), layers.Conv2D(32, 3, **relu), layers.MaxPooling2D(2),
                  layers.Conv2D(64, 3, **relu), layers.MaxPooling2D(2), layers.Flatten(), layers.Dropout(0.5)],
    }[name]
    return keras.Sequential(inner + [layers.Dense(10, activation="softmax")])


def bigmlp(layers):
    import keras

    hidden = [layers.Dense(4096, activation="relu") for _ in range(3)]
    return keras.Sequential([layers.Input((4096,))] + hidden + [layers.Dense(10, activation="softmax")])


def lstm(layers):
    import keras

    model = keras.Sequential([layers.Input((80,)), layers.Embedding(20000, 128), layers.LSTM(64),
                              layers.Dense(1, activation="sigmoid")])
    return model, 80, 20000


def transformer(layers):
    import keras

    class AddPositions(layers.Layer):
        def build(self, shape):
            self.table = self.add_weight(name="embeddings", shape=shape[1:], initializer="uniform")

        def call(self, x):
            return x + self.table

    words = layers.Input((200,))
    x = AddPositions()(layers.Embedding(20000, 32)(words))
    x = layers.LayerNormalization(epsilon=1e-6)(x + layers.Dropout(0.1)(layers.MultiHeadAttention(2, 32)(x, x)))
    inner = layers.Dense(32)(layers.Dense(32, activation="relu")(x))
    x = layers.LayerNormalization(epsilon=1e-6)(x + layers.Dropout(0.1)(inner))
    x = layers.Dropout(0.1)(layers.GlobalAveragePooling1D()(x))
    x = layers.Dropout(0.1)(layers.Dense(20, activation="relu")(x))
    return keras.Model(words, layers.Dense(2, activation="softmax")(x)), 200, 20000


def resnet20(layers):
    import keras

    def convolution(x, filters, strides=1):
        return layers.BatchNormalization()(layers.Conv2D(filters, 3, strides=strides, padding="same")(x))

    image = layers.Input((32, 32, 3))
    x = layers.ReLU()(convolution(image, 16))
    for filters in (16, 32, 64):
        for block in range(3):
            strides = 2 if filters > 16 and block == 0 else 1
            past = layers.Conv2D(filters, 1, strides=strides)(x) if strides > 1 else x
            inner = layers.ReLU()(convolution(x, filters, strides))
            x = layers.ReLU()(layers.Add()([past, convolution(inner, filters)]))
    return keras.Model(image, layers.Dense(10, activation="softmax")(layers.GlobalAveragePooling2D()(x)))


def widedeep(layers):
    import keras

    model = keras.Sequential([layers.Input((26,)), layers.Embedding(1000000, 64), layers.Flatten(),
                              layers.Dense(256, activation="relu"), layers.Dense(128, activation="relu"),
                              layers.Dense(1, activation="sigmoid")])
    return model, 26, 1000000
