"""Writes the fixtures beside it: python make-fixtures.py (made with numpy 2.4.6, pyarrow 26.0.1, pandas 3.1.1)."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

here = Path(__file__).parent
values = np.array([[0, 1, 2], [3, 100, 5]])
types = ["?", "u1", "i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", "<f2", "<f4", "<f8", ">f4", ">i4"]
np.savez(here / "types.npz", **{name.strip("<?") or "bool": values.astype(name) for name in types})
np.savez_compressed(
    here / "images.npz",
    grey=np.arange(4 * 5 * 6, dtype="u1").reshape(4, 5, 6),
    colour=np.arange(2 * 4 * 5 * 3, dtype="u1").reshape(2, 4, 5, 3),
    label=np.array([7, 7, 3, 10]),
    fortran=np.asfortranarray(values),
    text=np.array(["a", "b"]),
)

rows = 50
table = pa.table(
    {
        "id": pa.array(range(rows), pa.int64()),
        "x": pa.array([i / 4 for i in range(rows)], pa.float64()),
        "y": pa.array([-i for i in range(rows)], pa.float32()),
        "pair": pa.array([[i, i + 0.5] for i in range(rows)], pa.list_(pa.float32(), 2)),
        "kind": pa.array(["even" if i % 2 == 0 else "odd" for i in range(rows)]),
        "flag": pa.array([i % 3 == 0 for i in range(rows)]),
    }
)
for codec in ["none", "snappy", "gzip", "zstd", "brotli", "lz4"]:
    pq.write_table(table, here / f"{codec}.parquet", compression=codec, row_group_size=20)
holes = pa.table(
    {
        "x": pa.array([1.0, None, float("nan"), 4.0]),
        "ragged": pa.array([[1.0], [1.0, 2.0], [1.0], [1.0]]),
    }
)
pq.write_table(holes, here / "holes.parquet")
pd.DataFrame({"x": [1.0, 2.0, 4.0], "y": [3, 5, 6]}, index=[7, 2, 9]).to_parquet(here / "pandas.parquet", compression=None)
dictionary = {"use_dictionary": ["step", "kind"], "row_group_size": 30}
encodings = {"count": "DELTA_BINARY_PACKED", "short": "DELTA_BINARY_PACKED", "y": "BYTE_STREAM_SPLIT", "flag": "RLE"}
many = pa.table(
    {
        "count": pa.array([i * i for i in range(rows)], pa.int64()),
        "short": pa.array([1000 - 7 * i for i in range(rows)], pa.int32()),
        "y": pa.array([i / 8 for i in range(rows)], pa.float32()),
        "flag": pa.array([i % 5 == 0 for i in range(rows)]),
        "step": pa.array([None if i == 7 else i // 10 for i in range(rows)], pa.int32()),
        "list": pa.array([[i, i + 0.25, -i] for i in range(rows)], pa.list_(pa.float64())),
        "kind": pa.array([f"kind {i % 3}" for i in range(rows)]),
        "text": pa.array([f"text {i % 2}" for i in range(rows)]),
    }
)
for version, codec in [("1.0", "none"), ("2.0", "none"), ("2.0", "snappy")]:
    pq.write_table(
        many,
        here / f"encodings-{version[0]}-{codec}.parquet",
        data_page_version=version,
        compression=codec,
        column_encoding={**encodings, "text": "DELTA_LENGTH_BYTE_ARRAY"},
        **dictionary,
    )
