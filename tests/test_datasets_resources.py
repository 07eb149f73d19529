"""What a file or folder may cost: never more than in proportion to its size."""

import gzip
import os
import re
import socket

import pytest

from sklearn_iou_kmeans.datasets import (
    READERS,
    _files,
    load_annotations,
    load_coco,
    load_csv,
    load_yolo,
)

SIZE = (640, 480)
BOX = "0 0.5 0.5 0.25 0.125"
KINDS = ["coco", "csv", "kitti", "voc", "wider_face"]


def gzip_of(path, chunk, n_chunks):
    with gzip.open(path, "wb") as file:
        for _ in range(n_chunks):
            file.write(chunk)
    return path


@pytest.fixture(scope="module", params=[b" ", b"\n", b"9"], ids=["spaces", "lines", "digits"])
def bomb(request, tmp_path_factory):
    return gzip_of(tmp_path_factory.mktemp("bomb") / "labels.xml", request.param * 10_000, 5_000)


@pytest.mark.parametrize("name", ["auto", *KINDS])
def test_a_gzip_may_not_unpack_to_far_more_than_its_size(bomb, name):
    with pytest.raises(ValueError, match=r"more than 100 times its size|more than 1000000 blank"):
        load_annotations(bomb, name)


def test_more_may_be_allowed(tmp_path):
    rows = (b"a" * 200 + b".jpg,10,20,30,40\n") * 20_000
    path = gzip_of(tmp_path / "boxes.csv.gz", b"image,x1,y1,x2,y2\n" + rows, 1)
    for load in (load_csv, load_annotations):
        with pytest.raises(ValueError, match=r"If you trust it, allow more: max_unpacked=1000\."):
            load(path)
        assert len(load(path, max_unpacked=1000).data) == 20_000


@pytest.mark.parametrize("times", [0, -1, float("nan"), "many", None])
def test_what_may_be_unpacked_is_a_number_of_times(tmp_path, times):
    for load in (load_csv, load_annotations):
        with pytest.raises(ValueError, match=r"unpack to .* times its size: .*at least 1"):
            load(tmp_path, max_unpacked=times)


def test_a_usual_gzip_is_read_whole(tmp_path):
    rows = "".join(
        f"{i}.jpg,{i % 97},{i % 89},{100 + i % 83},{100 + i % 79}\n" for i in range(9999)
    )
    path = gzip_of(tmp_path / "boxes.csv.gz", b"image,x1,y1,x2,y2\n" + rows.encode(), 1)
    assert len(load_csv(path).data) == 9999


@pytest.mark.parametrize("name", ["auto", *KINDS])
def test_a_sparse_file_is_refused_by_how_it_begins(tmp_path, name):
    path = tmp_path / "sparse.xml"
    with open(path, "wb") as file:
        file.truncate(10**11)
    with pytest.raises(ValueError, match=r"a binary file|longer than 16000000 bytes"):
        load_annotations(path, name)


def test_a_line_has_a_largest_length(tmp_path):
    path = tmp_path / "boxes.csv"
    path.write_bytes(b"x" * 17_000_000)
    with pytest.raises(ValueError, match="line 1 is longer than 16000000 bytes"):
        load_annotations(path)


@pytest.mark.parametrize("name", ["auto", *KINDS])
def test_devices_and_sockets_are_not_read(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)  # the path of a socket has to be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("labels")
        for path in ("labels", os.devnull, "/dev/zero"):
            if os.path.exists(path):
                with pytest.raises(ValueError, match="is a device or a socket"):
                    load_annotations(path, name)


def test_a_pipe_is_read_if_it_is_named_with_its_format(tmp_path):
    read, write = os.pipe()
    os.write(write, b"image,x1,y1,x2,y2\na.jpg,1,2,30,40\n")
    os.close(write)
    path = f"/dev/fd/{read}"
    if not os.path.exists(path):
        pytest.skip("needs /dev/fd")
    with pytest.raises(ValueError, match=r"is a pipe, .* only once.*Name the format"):
        load_annotations(path)
    assert load_annotations(path, "csv").data.tolist() == [[1, 2, 30, 40]]
    with pytest.raises(ValueError, match="is a pipe, which cannot be a YOLO data set"):
        load_annotations(path, "yolo")
    os.close(read)


def test_what_a_packed_pipe_unpacks_to_is_bounded(tmp_path):
    read, write = os.pipe()
    os.write(write, gzip.compress(b"\n" * 5_000_000))
    os.close(write)
    path = f"/dev/fd/{read}"
    if not os.path.exists(path):
        pytest.skip("needs /dev/fd")
    with pytest.raises(ValueError, match="unpacks to more than 100 times its size"):
        load_annotations(path, "coco")
    os.close(read)


def test_pipes_in_a_folder_are_passed_over(tmp_path):
    (tmp_path / "a.txt").write_text(BOX)
    for name in ("b.txt", "c.json", "d.csv", "data.yaml", "classes.txt"):
        os.mkfifo(tmp_path / name)
    boxes = load_annotations(tmp_path, image_size=SIZE)
    assert (boxes.format, boxes.image_names) == ("yolo", ["a"])


@pytest.mark.parametrize("name", ["auto", *sorted(READERS)])
def test_a_folder_of_nothing_but_pipes_is_refused_and_not_waited_for(tmp_path, name):
    for suffix in (".xml", ".json", ".csv", ".parquet", ".txt", ".yaml", ".names", ".jpg"):
        os.mkfifo(tmp_path / f"data{suffix}")
    with pytest.raises(ValueError, match=r"name the (folder|annotation file)"):
        load_annotations(tmp_path, name)


@pytest.mark.parametrize("folder", ["images", "labels"])
def test_a_pipe_among_the_images_is_no_image(tmp_path, folder):
    for name in ("images", "labels"):
        (tmp_path / name).mkdir()
    (tmp_path / "labels" / "a.txt").write_text(BOX)
    os.mkfifo(tmp_path / folder / "a.jpg")
    with pytest.raises(ValueError, match="the size of no image is known"):
        load_annotations(tmp_path)


def test_a_data_file_has_a_largest_size(tmp_path):
    (tmp_path / "a.txt").write_text(BOX)
    path = tmp_path / "data.yaml"
    content = "train: .\nnames: [car]\n#"
    path.write_text(content.ljust(256_000, "#"))
    assert len(load_yolo(path, image_size=SIZE).data) == 1
    path.write_text(content.ljust(256_001, "#"))
    with pytest.raises(ValueError, match=r"data\.yaml is larger than 256000 bytes"):
        load_yolo(path, image_size=SIZE)


def test_a_folder_has_a_largest_number_of_entries(tmp_path, monkeypatch):
    monkeypatch.setattr(_files, "MOST_ENTRIES", 3)  # in place of some millions
    for name in ("a.txt", "b.txt", "c.jpg"):
        (tmp_path / name).write_text(BOX)
    assert len(load_yolo(tmp_path, image_size=SIZE).data) == 2
    (tmp_path / ".hidden").touch()
    with pytest.raises(ValueError, match="has more than 3 entries: name the folder of the labels"):
        load_yolo(tmp_path, image_size=SIZE)


@pytest.mark.parametrize("target", ["/", "..", "elsewhere"])
def test_a_link_out_of_the_folder_is_not_followed_and_said(tmp_path, target):
    folder = tmp_path / "labels"
    folder.mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "b.txt").write_text(BOX)
    (folder / "link").symlink_to(target if target == "/" else tmp_path / target)
    with pytest.raises(ValueError, match=r"a link out of it, .*link, which is not followed"):
        load_annotations(folder, image_size=SIZE)
    (folder / "a.txt").write_text(BOX)
    boxes = load_annotations(folder, image_size=SIZE)
    assert boxes.image_names == ["a"]
    assert boxes.notes == {"link to a folder outside, not followed": 1}


def nested_merges(depth):
    lines = ["a0: &a0 {x: 1}"]
    lines += [f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}], y: 1}}" for n in range(1, depth)]
    return "\n".join([*lines, "train: .", "names: [car]"])


COSTLY = {
    "merges": nested_merges(40),
    "keypoints": "train: .\nnames: [car]\nkpt_shape: [" + "9," * 100_000 + "9]",
    "many keypoints": "train: .\nnames: [car]\nkpt_shape: [99999999, 99999999]",
    "lists": "train: .\nnames: [car]\nx: " + "[" * 100_000,
    "length": "train: .\nnames: [car]\n" + "#" * 1_000_000,
}


@pytest.mark.parametrize(
    ("yaml", "named"), [*((yaml, "data.yml") for yaml in COSTLY), ("merges", "")]
)
def test_a_data_file_is_read_in_no_time_or_refused(tmp_path, yaml, named):
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.txt").write_text(BOX)
    (tmp_path / "data.yml").write_text(COSTLY[yaml])
    try:
        boxes = load_yolo(tmp_path / named, image_size=SIZE)
    except ValueError as error:
        is_short = str(tmp_path / "data.yml") in str(error) and len(str(error)) < 2000
        assert is_short, error  # noqa: PT017 (either outcome is right)
    else:
        assert len(boxes.data) == 1


TAGS = ["!!timestamp zz", "!!float x", "!!int x", "!!bool q", "!!python/name:os.system x"]


@pytest.mark.parametrize("value", [*TAGS, "{.inf: a}", "{.nan: a}", "{1e999: a}", "{? [a] : b}"])
def test_names_that_are_no_list_of_names_are_refused_whatever_their_tag(tmp_path, value):
    (tmp_path / "a.txt").write_text(BOX)
    path = tmp_path / "data.yaml"
    path.write_text(f"train: .\nnames: {value}\n")
    with pytest.raises(ValueError, match=r"data\.yaml"):
        load_yolo(path, image_size=SIZE)


@pytest.mark.parametrize("value", ["", "''", "!!float ''", "!!int ''"])
def test_no_names_are_numbers_whatever_their_tag(tmp_path, value):
    (tmp_path / "a.txt").write_text(BOX)
    path = tmp_path / "data.yaml"
    path.write_text(f"train: .\nnames: {value}\n")
    assert load_yolo(path, image_size=SIZE).target_names == ["0"]


def test_names_that_yaml_takes_for_other_things_are_names(tmp_path):
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.txt").write_text(BOX)
    (tmp_path / "data.yaml").write_text("train: labels\nnames: [no, 1.50, 2026-01-01]\n")
    assert load_yolo(tmp_path, image_size=SIZE).target_names == ["no"]


@pytest.mark.parametrize("entry", ["/", "..", "../.."])
def test_a_part_of_a_data_set_is_not_above_its_data_file(tmp_path, entry):
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    (folder / "data.yaml").write_text(f"train: {entry}\nnames: [car]\n")
    with pytest.raises(ValueError, match="which contains the data file itself"):
        load_yolo(folder / "data.yaml", image_size=SIZE)


@pytest.mark.parametrize("name", ["secret", "secret.txt"])
def test_a_data_file_does_not_show_what_other_files_hold(tmp_path, name):
    (tmp_path / name).write_text("password\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "data.yaml").write_text(f"train: ../{name}\nnames: [car]\n")
    with pytest.raises(ValueError, match=r"neither a (folder|label) nor") as error:
        load_yolo(tmp_path / "data" / "data.yaml", image_size=SIZE)
    assert "password" not in str(error.value)


@pytest.mark.parametrize("entry", ["../other", "list.txt", "link"])
@pytest.mark.parametrize("line", ["password", "0 1 2 3 password", "0 2077 7 8 9", "0 2077"])
def test_a_data_file_does_not_show_what_labels_elsewhere_hold(tmp_path, entry, line):
    other, data = tmp_path / "other", tmp_path / "data"
    other.mkdir()
    data.mkdir()
    (other / "a.txt").write_text(f"{BOX}\n{line}\n")
    (data / "list.txt").write_text("../other/a.jpg\n")
    (data / "link").symlink_to(other)
    (data / "data.yaml").write_text(f"train: {entry}\nnames: [car]\n")
    with pytest.raises(ValueError, match=r"a\.txt, line 2: this is not a label\.") as error:
        load_yolo(data / "data.yaml", image_size=SIZE)
    assert not re.search("password|2077", str(error.value).partition("line 2")[2])


def test_what_a_data_file_leads_to_in_its_own_folder_is_quoted(tmp_path):
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.txt").write_text("0 0.5 0.5 wide 0.2\n")
    (tmp_path / "list.txt").write_text("labels/a.jpg\n")
    for entry in ("labels", "list.txt"):
        (tmp_path / "data.yaml").write_text(f"train: {entry}\nnames: [car]\n")
        with pytest.raises(ValueError, match=r"a\.txt, line 1: 'wide' is not a finite number"):
            load_yolo(tmp_path / "data.yaml", image_size=SIZE)


def test_entries_of_a_data_file_in_errors_cannot_drive_a_terminal(tmp_path):
    (tmp_path / "data.yaml").write_text('train: "a\\e]0;b\\a\\x9b2J\\u202e"\nnames: [car]\n')
    with pytest.raises((ValueError, OSError)) as error:
        load_yolo(tmp_path / "data.yaml", image_size=SIZE)
    assert r"a\x1b]0;b\x07\x9b2J\u202e" in str(error.value)
    assert str(error.value).isprintable()


def test_a_data_file_names_no_device(tmp_path):
    (tmp_path / "data.yaml").write_text("train: /dev/zero\nnames: [car]\n")
    with pytest.raises(ValueError, match=r"neither a folder nor a \.txt file"):
        load_yolo(tmp_path / "data.yaml", image_size=SIZE)


def test_a_data_file_names_no_pipe(tmp_path):
    (tmp_path / "a.txt").write_text(BOX)
    os.mkfifo(tmp_path / "obj.names")
    (tmp_path / "obj.data").write_text("train = .\nnames = obj.names\n")
    with pytest.raises(ValueError, match=r"'obj\.names' is not a \.names or \.txt file"):
        load_yolo(tmp_path / "obj.data", image_size=SIZE)


def test_a_list_of_images_leads_to_no_pipe(tmp_path):
    (tmp_path / "a.txt").write_text(BOX)
    os.mkfifo(tmp_path / "b.txt")
    (tmp_path / "train.txt").write_text("a.jpg\nb.jpg\n")
    with pytest.raises(ValueError, match=r"b\.txt is a pipe, which is not waited for"):
        load_yolo(tmp_path / "train.txt", image_size=SIZE)


def test_a_file_that_cannot_be_read_is_named():
    if not os.path.exists("/proc/self/mem"):
        pytest.skip("needs a file whose reading fails")
    with pytest.raises(OSError, match="/proc/self/mem"):
        load_csv("/proc/self/mem")


@pytest.mark.parametrize("content", ['{{"{key}": 1}}', '{{"images": {{"{key}": 1}}}}'])
def test_a_long_key_is_quoted_shortly(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_text(content.format(key="k" * 5_000_000))
    for load in (load_coco, load_annotations):
        with pytest.raises(ValueError, match=r"a\.json") as error:
            load(path)
        assert len(str(error.value)) < 2000


@pytest.mark.parametrize("content", [",", ",,,\n,,,", '""', ";", "\t"])
def test_a_table_of_empty_cells_is_refused(tmp_path, content):
    path = tmp_path / "a.csv"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"a\.csv has only empty cells|a\.csv is empty"):
        load_csv(path)


@pytest.mark.parametrize("delimiter", [";;", '"', "\n"])
def test_a_delimiter_is_one_character(tmp_path, delimiter):
    path = tmp_path / "a.csv"
    path.write_text("x1;y1;x2;y2\n1;2;3;4\n")
    with pytest.raises(
        ValueError, match=r"cannot separate columns.*Write for example delimiter=';'"
    ):
        load_csv(path, delimiter=delimiter)
