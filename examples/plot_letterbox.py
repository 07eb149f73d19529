"""
=====================
Letterbox and stretch
=====================

Images are resized to the input size of the network in one of two ways: by letterbox, which keeps
the aspect ratio and pads the rest, or by stretching each side to fill the input. The sizes of the
boxes change accordingly, so anchors that were computed for the other way do not fit.
"""

import matplotlib.pyplot as plt
from matplotlib.patches import Rectangle

from sklearn_iou_kmeans import IoUKMeans
from sklearn_iou_kmeans.datasets import make_boxes
from sklearn_iou_kmeans.metrics import average_iou_score
from sklearn_iou_kmeans.preprocessing import box_sizes, letterbox, stretch

IMAGE_SIZE = (1280, 720)
INPUT_SIZE = 416

# %%
# An image of 1280 x 720 pixels with a square box of 400 x 400 is resized to 416 x 416. After
# letterbox the box is still a square; after stretching it is taller than wide.
BOX = [400, 400]
resized = {"letterbox": letterbox, "stretch": stretch}
figure, axes = plt.subplots(ncols=3, figsize=(12, 4), layout="constrained")
frames = {"original, 1280 x 720": (IMAGE_SIZE, IMAGE_SIZE, BOX)}
for name, resize in resized.items():
    image, box = resize([IMAGE_SIZE, BOX], IMAGE_SIZE, INPUT_SIZE)
    frames[f"{name}, {INPUT_SIZE} x {INPUT_SIZE}"] = ((INPUT_SIZE, INPUT_SIZE), image, box)
for ax, (name, (frame, image, box)) in zip(axes, frames.items(), strict=True):
    middle = frame[0] / 2, frame[1] / 2
    for (width, height), color in ((frame, "0.55"), (image, "white"), (box, "tab:orange")):
        corner = (middle[0] - width / 2, middle[1] - height / 2)
        ax.add_patch(Rectangle(corner, width, height, facecolor=color, edgecolor="black"))
    ax.text(*middle, f"{box[0]:.0f} x {box[1]:.0f}", ha="center", va="center")
    ax.set(title=name, aspect="equal", xlim=(-5, frame[0] + 5), ylim=(-5, frame[1] + 5))
    ax.axis("off")

# %%
# What does a mistake cost? The rows are anchors for boxes in original pixels, after letterbox and
# after stretching; the columns are the average IoU on boxes after letterbox and after stretching.
# The boxes are random ones, with the sizes of objects in street scenes.
sizes = box_sizes(make_boxes(5_000, image_size=IMAGE_SIZE, random_state=0).data)
at_input = {"original pixels": sizes}
at_input |= {name: resize(sizes, IMAGE_SIZE, INPUT_SIZE) for name, resize in resized.items()}
anchors = {
    name: IoUKMeans(9, random_state=0).fit(X).cluster_centers_ for name, X in at_input.items()
}
print(f"{'anchors fitted to':20}", *(f"{f'boxes: {name}':>20}" for name in resized))
for name, centers in anchors.items():
    scores = [average_iou_score(at_input[resize], centers) for resize in resized]
    print(f"{name:20}", *(f"{score:20.4f}" for score in scores))

plt.show()
