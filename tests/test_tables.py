import io
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from implicit_bias.data import read_dataset, read_table
from implicit_bias.errors import DataError


@pytest.fixture
def write(tmp_path):
    def write(content):
        path = tmp_path / "data.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


SAME = {
    "commas": "x,y\n0,1\n1,3\n2,2\n",
    "no header": "0,1\n1,3\n2,2\n",
    "no newline at the end": "x,y\n0,1\n1,3\n2,2",
    "semicolons": "x;y\n0;1\n1;3\n2;2\n",
    "tabs": "x\ty\n0\t1\n1\t3\n2\t2\n",
    "CRLF": "x,y\r\n0,1\r\n1,3\r\n2,2\r\n",
    "CR": "x,y\r0,1\r1,3\r2,2\r",
    "byte-order mark": b"\xef\xbb\xbfx,y\n0,1\n1,3\n2,2\n",
    "byte-order mark without header": b"\xef\xbb\xbf0,1\n1,3\n2,2\n",
    "quoted header": '"the x","the ""y"", quoted"\n0,1\n1,3\n2,2\n',
    "quoted numbers": '"0","1"\n"1","3"\n"2","2"\n',
    "header over two lines": '"x\n[m]",y\n0,1\n1,3\n2,2\n',
    "other separator in the header": '"x; [m; s]",y\n0,1\n1,3\n2,2\n',
    "comma in a header of semicolons": "x, in m;y\n0;1\n1;3\n2;2\n",
    "spaces": "x , y\n 0 , 1\n1, 3 \n2 ,2\n",
    "blank lines": "\n\nx,y\n0,1\n\n   \n1,3\n2,2\n\n",
    "empty rows": "x,y\n0,1\n,\n1,3\n2,2\n,\n",
    "unsorted": "x,y\n2,2\n0,1\n1,3\n",
    "repeated": "x,y\n0,1\n1,3\n0,1\n2,2\n",
    "third column": "x,y,z\n0,1,red\n1,3,\n2,2,blue\n",
    "spelled otherwise": "x,y\n0e0,1.\n+1,3E0\n2.0,200e-2\n",
    "names from pandas": ",y\n0,1\n1,3\n2,2\n",
}


@pytest.mark.parametrize("content", SAME.values(), ids=SAME)
def test_the_same_points_however_they_are_written(write, content):
    data = read_dataset(write(content))
    assert data.x.tolist() == [0, 1, 2]
    assert data.y.tolist() == [1, 3, 2]
    assert data.merged == (content == SAME["repeated"])


@pytest.mark.parametrize(
    ("x", "y", "expected"), [(None, None, [1, 2]), ("a", "c", [3, 4]), (" a ", "c", [3, 4]), (None, "c", [3, 4]), ("c", "a", [0, 1])]
)
def test_columns_by_name_or_position(write, x, y, expected):
    assert read_dataset(write("a,b,c\n0,1,3\n1,2,4\n"), x, y).y.tolist() == expected


def test_without_a_header_the_columns_are_numbered(write):
    table = read_table(write("0,1,3\n1,2,4\n"))
    assert table.columns == ("1", "2", "3")
    assert table.column("3", 0).tolist() == [3, 4]


def test_lines_are_those_of_the_file(write):
    assert read_table(write('\n"a\nb",c\n\n0,1\n2,3\n')).lines.tolist() == [5, 6]


BAD = {
    "empty": ("", "is empty"),
    "blank": ("\n \n", "is empty"),
    "only a byte-order mark": (b"\xef\xbb\xbf", "is empty"),
    "header only": ("x,y\n", "has a header but no data"),
    "one row": ("x,y\n0,1\n", "At least two points are needed, not 1"),
    "one row without header": ("0,1\n", "At least two points are needed, not 1"),
    "one column": ("x\n0\n1\n", "one column ('x')"),
    "spaces between columns": ("x y\n0 1\n1 2\n", "separated by commas, semicolons or tabs"),
    "text": ("x,y\n0,1\n1,red\n", "line 3, column 'y' is 'red', not a finite number"),
    "long text": ("x,y\n0,1\n1," + "red" * 10_000 + "\n", "…', not a finite number"),
    "empty cell": ("x,y\n0,1\n,2\n", "line 3, column 'x' is empty"),
    "nan": ("x,y\n\n0,nan\n1,2\n", "line 3, column 'y' is 'nan'"),
    "nan without header": ("nan,1\n1,2\n", "line 1, column '1' is 'nan'"),
    "inf": ("x,y\n0,1\n-inf,2\n", "line 3, column 'x' is '-inf'"),
    "overflow": ("x,y\n0,1\n1,1e999\n", "line 3, column 'y' is '1e999'"),
    "underscore": ("x,y\n0,1\n1,1_000\n", "line 3, column 'y' is '1_000'"),
    "half a header": ("0,red\n1,2\n2,3\n", "line 1 has numbers and 'red'"),
    "empty cell in the first line": ("0,\n1,2\n2,3\n", "line 1 has numbers and an empty cell"),
    "decimal commas": ("x;y\n0,5;1\n1,5;2\n", "line 2, column 'x' is '0,5', not a finite number (write decimals with a point"),
    "decimal commas in the first line": ("0,5;1,5\n1;2\n2;3\n", "line 1, column '1' is '0,5'"),
    "decimal commas between commas": ("x,y\n0,5,1,5\n", "line 2 has 4 cells, but line 1 has 2; decimals need a point"),
    "contradiction": ("x,y\n0,1\n1,2\n\n0,3\n", "line 2 and line 5 have the same x = 0 but different y (1 and 3); no function"),
    "equal x": ("x,y\n1,2\n1,2\n", "All x are equal (1)"),
    "ragged": ("x,y\n0,1\n1\n", "line 3 has 1 cell, but line 1 has 2"),
    "ragged late": ("x,y\n" + "".join(f"{i},1\n" for i in range(50)) + "1,2,3\n", "line 52 has 3 cells"),
    "quote left open": ('x,y\n0,"1\n2,3\n', "is not CSV"),
    "binary": (bytes(range(256)), "is not UTF-8 text (line 2)"),
    "zeros": (b"\x00\x00\x01", "is a binary file"),
    "UTF-16": ("x,y\n0,1\n1,2\n".encode("utf-16"), "is a UTF-16 file; save it as UTF-8"),
    "UTF-16 without mark": ("x,y\n0,1\n1,2\n".encode("utf-16-le"), "is a binary file (or UTF-16)"),
    "Latin-1": ("x,año\n0,1\n1,2\n".encode("latin-1"), "is not UTF-8 text (line 1); is it a CSV file? If so, save it as UTF-8"),
    "duplicate names": ("x,y,x\n0,1,2\n1,2,3\n", "line 1 names a column twice ('x', 'y', 'x')"),
    "large x": ("x,y\n0,1\n1e160,2\n", "Rescale x"),
    "close x": ("x,y\n0,1\n1e-160,2\n", "Rescale x"),
    "large y": ("x,y\n0,1\n1,-1e160\n", "Rescale y"),
    "small y": ("x,y\n0,1e-200\n1,0\n", "Rescale y"),
}


@pytest.mark.parametrize(("content", "message"), BAD.values(), ids=BAD)
def test_bad_files_are_refused_by_file_and_line(write, content, message):
    path = write(content)
    with pytest.raises(DataError) as caught:
        read_dataset(path)
    text = str(caught.value)
    assert message in text
    assert text.startswith(str(path))
    assert "\n" not in text
    assert len(text) < len(str(path)) + 250


def test_a_missing_column_names_those_that_are_there(write):
    with pytest.raises(DataError, match="has no column 'z'; it has 'x', 'y'"):
        read_dataset(write("x,y\n0,1\n1,2\n"), "z")
    many = ",".join(f"c{i}" for i in range(1000))
    with pytest.raises(DataError, match="'c11' and 988 more"):
        read_dataset(write(f"{many}\n{','.join('1' * 1000)}\n"), "z")


@pytest.mark.parametrize(("x", "y"), [("b", None), (None, "a"), ("a", "a")])
def test_one_column_cannot_be_both(write, x, y):
    with pytest.raises(DataError, match="x and y are both the column"):
        read_dataset(write("a,b\n0,1\n1,2\n"), x, y)


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "file").write_text("0,1\n1,2\n")
    for path, message in (("gone.csv", "does not exist"), ("", "is a directory"), ("file/deeper", "cannot be read: Not a directory")):
        with pytest.raises(DataError, match=message):
            read_table(tmp_path / path)
    with pytest.raises(DataError, match="cannot be read"):
        read_table("a\0b")


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"x,y\n0,1\n1,2\n")))
    assert read_dataset("-").y.tolist() == [1, 2]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"x,y\n0,1\n1,z\n")))
    with pytest.raises(DataError, match="standard input: line 3, column 'y'"):
        read_dataset("-")
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(DataError, match="standard input is closed"):
        read_dataset("-")


@given(
    st.lists(st.tuples(*[st.floats(-1e9, 1e9, allow_subnormal=False)] * 2), min_size=2, unique_by=lambda row: row[0]),
    st.sampled_from("\t;,"),
    st.sampled_from(["", "x{}y"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_every_bit_comes_back(tmp_path_factory, rows, separator, header, end):
    path = tmp_path_factory.mktemp("bits") / "data.csv"
    lines = ([header.format(separator)] if header else []) + [f"{x!r}{separator}{y!r}" for x, y in rows]
    path.write_bytes(end.join(lines).encode())
    table = read_table(path)
    assert np.array_equal(np.column_stack([table.column(None, 0), table.column(None, 1)]), np.array(rows))
