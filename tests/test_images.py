"""Images as points: real digits from packages, anybody's from a file, and averages over areas."""

import io
import sys
import zipfile

import numpy as np
import pytest

import implicit_bias as ib
from implicit_bias.data import images
from implicit_bias.data.images import digits, load_images, mnist, shrunk


def saved(folder, **arrays):
    path = folder / "mine.npz"
    np.savez(path, **arrays)
    return path


def some(n=300, inputs=(6,), seed=0):
    rng = np.random.default_rng(seed)
    return {"x": rng.normal(size=(n, *inputs)), "y": rng.integers(0, 4, n)}


def test_packaged_digits_have_all_classes_and_the_sizes_of_the_paper():
    for found, shape, train in ((digits(), (1797, 64), 700), (mnist(), (5000, 100), 2000)):
        assert found.x.shape == shape
        assert (found.train, found.validation, found.n_classes) == (train, train, 10)
        assert found.x.min() == 0
        assert 0.9 < found.x.max() <= 1 + 1e-12
        assert np.bincount(found.labels).min() > 100
        assert not found.x.flags.writeable


def test_averages_over_areas_keep_means_and_are_exact_where_sizes_divide():
    pictures = np.random.default_rng(0).uniform(size=(4, 28, 28))
    np.testing.assert_allclose(shrunk(pictures, 10).mean(axis=1), pictures.mean(axis=(1, 2)), rtol=1e-12)
    blocks = pictures.reshape(4, 7, 4, 7, 4).mean(axis=(2, 4)).reshape(4, -1)
    np.testing.assert_allclose(shrunk(pictures, 7), blocks, rtol=1e-12)
    np.testing.assert_array_equal(shrunk(pictures[:, :5, :8], 10).reshape(4, 5, 8), pictures[:, :5, :8])
    one = np.zeros((1, 3, 3))
    one[0, 0, 1] = 1.0  # its right half falls into the second of two columns
    np.testing.assert_allclose(shrunk(one, 2)[0], np.array([1 / 2, 1 / 2, 0, 0]) * 4 / 9, atol=1e-15)


def test_a_file_of_points_is_taken_as_it_is(tmp_path):
    arrays = some()
    found = load_images(saved(tmp_path, **arrays))
    np.testing.assert_array_equal(found.x, arrays["x"])
    np.testing.assert_array_equal(found.labels, arrays["y"])
    assert (found.name, found.train, found.validation) == ("mine", 100, 100)
    sizes = load_images(saved(tmp_path, **arrays, train=150, validation=120))
    assert (sizes.train, sizes.validation) == (150, 120)
    assert sizes.digest != found.digest
    assert load_images(saved(tmp_path, **arrays)).digest == found.digest


def test_a_file_of_images_in_two_parts_is_brought_to_100_pixels(tmp_path):
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 256, (260, 32, 32, 3)).astype(np.uint8), rng.integers(0, 10, (260, 1))
    found = load_images(saved(tmp_path, x_train=x[:200], y_train=y[:200], x_test=x[200:], y_test=y[200:]))
    np.testing.assert_allclose(found.x, shrunk(x.mean(axis=3) / 255, 10), rtol=1e-12)
    np.testing.assert_array_equal(found.labels, y[:, 0])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"x": np.zeros(300)}, "numbers"),
        ({"x": np.zeros((300, 0))}, "numbers"),
        ({"x": np.full((300, 6), "a")}, "numbers"),
        ({"x": np.full((300, 6), np.inf)}, "finite"),
        ({"y": np.zeros(300)}, "whole numbers"),
        ({"y": np.full(300, -1)}, "whole numbers"),
        ({"y": np.zeros(299, int)}, "numbers"),
        ({"y": np.zeros(300, int)}, "not all 0"),
        ({"train": 250, "validation": 100}, "300 points"),
        ({"train": 0.5}, "one whole number"),
    ],
)
def test_files_that_cannot_be_used_are_refused(tmp_path, change, told):
    with pytest.raises(ib.DataError, match=told):
        load_images(saved(tmp_path, **(some() | change)))


def test_what_is_no_such_file_is_refused(tmp_path):
    with pytest.raises(ib.DataError, match="No such file"):
        load_images(tmp_path / "absent.npz")
    with pytest.raises(ib.DataError, match="x and y"):
        load_images(saved(tmp_path, a=np.zeros(3)))
    with pytest.raises(ib.DataError, match="do not go together"):
        load_images(saved(tmp_path, x_train=np.zeros((3, 2)), y_train=np.zeros(3, int), x_test=np.zeros((3, 4)), y_test=np.zeros(3, int)))
    for name, content in (("text.npz", b"hello"), ("empty.npz", b""), ("cut.npz", saved(tmp_path, **some()).read_bytes()[:400])):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ib.DataError, match=name):
            load_images(tmp_path / name)
    whole = saved(tmp_path, **some())
    with zipfile.ZipFile(whole, "a") as archive:
        archive.writestr("train", "150")
    with pytest.raises(ib.DataError, match="train must be one whole number"):
        load_images(whole)
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (10**15,)})
    with zipfile.ZipFile(tmp_path / "long.npz", "w") as archive:
        archive.writestr("x.npy", header.getvalue())
    with pytest.raises(ib.DataError, match="plain arrays"):
        load_images(tmp_path / "long.npz")
    np.save(tmp_path / "one.npy", np.zeros(3))
    with pytest.raises(ib.DataError, match="one array"):
        load_images(tmp_path / "one.npy")
    np.savez(tmp_path / "objects.npz", x=np.array([None, 1], dtype=object), y=np.zeros(2, int))
    with pytest.raises(ib.DataError, match="plain arrays"):
        load_images(tmp_path / "objects.npz")


@pytest.mark.parametrize(("module", "package"), [("sklearn", "scikit-learn"), ("mlxtend", "mlxtend")])
def test_what_is_not_installed_is_named(monkeypatch, module, package):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ib.OptionError, match=package):
        (digits if module == "sklearn" else mnist)()
    with pytest.raises(ib.OptionError, match=r"implicit-bias\[images\]"):
        images.require()
