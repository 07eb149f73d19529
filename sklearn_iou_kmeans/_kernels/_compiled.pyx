# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False, freethreading_compatible=True
"""The kernels, compiled: `_numpy` says the same in NumPy, operation by operation."""

import numpy as np

from cython cimport floating
from libc.math cimport fabs, frexp, isfinite, ldexp, sqrt
from libc.stdint cimport int16_t, int64_t, uint64_t
from libc.stdlib cimport calloc, free, qsort
from libc.string cimport memcpy

CONTRACT = 8

# Shapes worked on at once: a few rows of so many numbers stay in the first-level cache.
cdef enum:
    BLOCK = 512

# Adding and subtracting it rounds a number below 2**51 to an integer, as rint does.
cdef double ROUNDS = 6755399441055744.0


# The bits of infinity, above those of every number.
cdef int64_t INFINITY_BITS = 0x7FF0000000000000


# IoU of a block of shapes with one center.


cdef class Centers:
    """Centers, each side scaled by a power of two to [0.5, 1), so that no product vanishes."""

    cdef Py_ssize_t n
    cdef double* sides
    cdef double* scales
    cdef double* volumes

    def __cinit__(self, const double[:, :] centers):
        cdef Py_ssize_t n_dims = centers.shape[1], i, j, side
        cdef int exponent
        self.n = centers.shape[0]
        self.sides = <double*>allocated(self.n * (2 * n_dims + 1), sizeof(double))
        self.scales = self.sides + self.n * n_dims
        self.volumes = self.scales + self.n * n_dims
        for i in range(self.n):
            self.volumes[i] = 1.0
            for j in range(n_dims):
                side = i * n_dims + j
                frexp(centers[i, j], &exponent)
                self.scales[side] = ldexp(1.0, min(-exponent, 1022))
                self.sides[side] = centers[i, j] * self.scales[side]
                self.volumes[i] *= self.sides[side]

    def __dealloc__(self):
        free(self.sides)


cdef void* allocated(size_t n, size_t size) except NULL:
    """Allocate memory for `n` items, all of them 0."""
    cdef void* memory = calloc(n + 1, size)  # for no items at all, it could return NULL
    if memory == NULL:
        raise MemoryError
    return memory


cdef void load(
    const floating[:, :] X, Py_ssize_t start, Py_ssize_t n, double[:, ::1] sides
) noexcept nogil:
    """Copy the sides of `n` shapes, one side after the other."""
    cdef Py_ssize_t i, j
    for j in range(X.shape[1]):
        for i in range(n):
            sides[j, i] = X[start + i, j]


cdef void overlap(
    const double* sides, Py_ssize_t n, Py_ssize_t n_dims, Centers centers, Py_ssize_t number,
    double* volume, double* iou,
) noexcept nogil:
    """IoU of a block of shapes with one center; NaN for 0 / 0."""
    cdef const double* center = centers.sides + number * n_dims
    cdef const double* scales = centers.scales + number * n_dims
    cdef double first = center[0], first_scale = scales[0], center_volume = centers.volumes[number]
    cdef double a, b, c, scale, shared
    cdef Py_ssize_t i, j
    if n_dims == 2:  # in one loop, which takes half the time of the two below
        c = center[1]
        scale = scales[1]
        for i in range(n):
            a = sides[i] * first_scale
            b = sides[BLOCK + i] * scale
            shared = (a if a < first else first) * (b if b < c else c)
            iou[i] = shared / (a * b + center_volume - shared)
        return
    for i in range(n):
        a = sides[i] * first_scale
        volume[i] = a
        iou[i] = a if a < first else first
    for j in range(1, n_dims):
        c = center[j]
        scale = scales[j]
        for i in range(n):
            a = sides[j * BLOCK + i] * scale
            volume[i] *= a
            iou[i] *= a if a < c else c
    for i in range(n):
        iou[i] /= volume[i] + center_volume - iou[i]


def pairwise(const floating[:, :] X, const double[:, :] Y):
    cdef Py_ssize_t n = X.shape[0], n_dims = X.shape[1], n_centers = Y.shape[0]
    cdef Py_ssize_t start = 0, size, i, c
    table = np.empty((n, n_centers))
    cdef double[:, ::1] out = table
    cdef double[:, ::1] sides = np.empty((n_dims, BLOCK))
    cdef double[:, ::1] work = np.empty((2, BLOCK))
    cdef double* iou = &work[0, 0]
    cdef Centers centers = Centers(Y)
    with nogil:
        while start < n:
            size = min(BLOCK, n - start)
            load(X, start, size, sides)
            for c in range(n_centers):
                overlap(&sides[0, 0], size, n_dims, centers, c, &work[1, 0], iou)
                for i in range(size):
                    out[start + i, c] = iou[i] if iou[i] > 0 else 0.0
            start += BLOCK
    return table


# The best centers.


cdef void take_in(
    const double* iou, Py_ssize_t n, double number, double* label, double* best, double* second
) noexcept nogil:
    """Take in a further center. Each loop has one choice: two keep it from being vectorised."""
    cdef Py_ssize_t i
    cdef double lesser
    for i in range(n):
        label[i] = number if iou[i] > best[i] else label[i]
    if second != NULL:
        for i in range(n):
            lesser = best[i] if best[i] < iou[i] else iou[i]  # NaN stays NaN, and is passed over
            second[i] = lesser if lesser > second[i] else second[i]
    for i in range(n):
        best[i] = iou[i] if iou[i] > best[i] else best[i]


cdef inline void assign_block(
    Centers centers, Py_ssize_t n, Py_ssize_t n_dims, double[:, ::1] sides, double[:, ::1] work,
    double* second,
) noexcept nogil:
    """Leave the labels of a block of shapes and their best IoU in the first rows of `work`."""
    cdef Py_ssize_t c
    work[:3] = 0.0
    for c in range(centers.n):
        overlap(&sides[0, 0], n, n_dims, centers, c, &work[3, 0], &work[4, 0])
        take_in(&work[4, 0], n, c, &work[0, 0], &work[1, 0], second)


cdef void assign(
    const floating[:, :] X, Centers centers, double[:, ::1] sides, double[:, ::1] work,
    int[::1] labels, double[::1] iou, double[::1] second_iou,
) noexcept nogil:
    """Fill labels, best and, where there is place for them, second-best IoU, block by block."""
    cdef Py_ssize_t n = X.shape[0], start = 0, size, i
    cdef double* second = &work[2, 0] if second_iou.shape[0] else NULL
    while start < n:
        size = min(BLOCK, n - start)
        load(X, start, size, sides)
        assign_block(centers, size, X.shape[1], sides, work, second)
        for i in range(size):
            labels[start + i] = <int>work[0, i]
            iou[start + i] = work[1, i]
        if second != NULL:
            for i in range(size):
                second_iou[start + i] = second[i]
        start += BLOCK


def nearest(const floating[:, :] X, const double[:, :] centers):
    labels, iou, _ = _assign(X, centers, 0)
    return labels, iou


def two_nearest(const floating[:, :] X, const double[:, :] centers):
    return _assign(X, centers, X.shape[0])


cdef _assign(const floating[:, :] X, const double[:, :] centers, Py_ssize_t n_second):
    cdef Py_ssize_t n = X.shape[0]
    labels, iou, second_iou = np.empty(n, dtype=np.int32), np.empty(n), np.empty(n_second)
    cdef int[::1] label_view = labels
    cdef double[::1] iou_view = iou, second_view = second_iou
    cdef double[:, ::1] sides = np.empty((X.shape[1], BLOCK)), work = np.empty((5, BLOCK))
    cdef Centers scaled = Centers(centers)
    with nogil:
        assign(X, scaled, sides, work, label_view, iou_view, second_view)
    return labels, iou, second_iou


def swap_gains(
    const double[:, :] X, const double[::1] sample_weight, const int[::1] labels,
    const double[::1] iou, const double[::1] second_iou, const double[:, :] candidates,
    Py_ssize_t n_clusters,
):
    cdef Py_ssize_t n = X.shape[0], n_dims = X.shape[1], n_candidates = candidates.shape[0]
    cdef Py_ssize_t start = 0, size, row, i, c
    cdef double now, reached, total
    gains_array = np.zeros((n_candidates, n_clusters))
    cdef double[:, ::1] gains = gains_array
    cdef double[::1] shared = np.zeros(n_candidates)
    cdef double[:, ::1] sides = np.empty((n_dims, BLOCK))
    cdef double[:, ::1] work = np.empty((2, BLOCK))
    cdef double* new = &work[0, 0]
    cdef Centers scaled = Centers(candidates)
    with nogil:
        while start < n:
            size = min(BLOCK, n - start)
            load(X, start, size, sides)
            for c in range(n_candidates):
                overlap(&sides[0, 0], size, n_dims, scaled, c, &work[1, 0], new)
                total = shared[c]
                for i in range(size):
                    now = iou[start + i]
                    total += sample_weight[start + i] * (new[i] - now if new[i] > now else 0.0)
                shared[c] = total
                for i in range(size):
                    row = start + i
                    if not new[i] > iou[row]:
                        reached = new[i] if new[i] > second_iou[row] else second_iou[row]
                        gains[c, labels[row]] += sample_weight[row] * (reached - iou[row])
            start += BLOCK
        for c in range(n_candidates):
            for i in range(n_clusters):
                gains[c, i] += shared[c]
    return gains_array


# Where the centers go.


cdef void pull(
    const double[:, :] X, const double[::1] sample_weight, const int[::1] labels,
    const double[::1] iou, Centers centers, double[::1] above, double[::1] below,
) noexcept nogil:
    """Fill the weights with which shapes draw their center up and down."""
    cdef Py_ssize_t n_dims = X.shape[1], i, j, c
    cdef double volume, weight
    for i in range(X.shape[0]):
        above[i] = below[i] = 0.0
        if not iou[i] > 0:
            continue
        c = labels[i]
        volume = X[i, 0] * centers.scales[c * n_dims]
        for j in range(1, n_dims):
            volume *= X[i, j] * centers.scales[c * n_dims + j]
        weight = sample_weight[i] * (iou[i] * (1.0 + iou[i]))
        above[i] = weight * (volume / (volume + centers.volumes[c]))
        below[i] = weight - above[i]


def gradient_weights(
    const double[:, :] X, const double[::1] sample_weight, const int[::1] labels,
    const double[::1] iou, const double[:, :] centers,
):
    above, below = np.empty(X.shape[0]), np.empty(X.shape[0])
    cdef double[::1] above_view = above, below_view = below
    cdef Centers scaled = Centers(centers)
    with nogil:
        pull(X, sample_weight, labels, iou, scaled, above_view, below_view)
    return above, below


def ascent_step(
    const double[:, :] X, const double[::1] sample_weight, const double[::1] widths,
    const double[:, :] centers,
):
    cdef Py_ssize_t n = X.shape[0], n_dims = X.shape[1], n_centers = centers.shape[0]
    cdef Py_ssize_t start = 0, size, i, j, c
    cdef double iou, volume, weight, above, below, reached, distance, width, larger, minority
    cdef double spread, balance, score = 0.0
    step_array = np.zeros((n_centers, n_dims))
    cdef double[:, ::1] step = step_array
    # For each center the sums down and up on each side, then its weight and its weighted IoU.
    cdef double[:, :, ::1] sums = np.zeros((n_centers, n_dims + 1, 2))
    cdef double[:, ::1] sides = np.empty((n_dims, BLOCK)), work = np.empty((5, BLOCK))
    cdef Centers scaled = Centers(centers)
    with nogil:
        while start < n:
            size = min(BLOCK, n - start)
            load(X, start, size, sides)
            assign_block(scaled, size, n_dims, sides, work, NULL)
            for i in range(size):
                c = <Py_ssize_t>work[0, i]
                iou = work[1, i]
                weight = sample_weight[start + i]
                sums[c, n_dims, 0] += weight
                if not iou > 0:
                    continue
                volume = sides[0, i] * scaled.scales[c * n_dims]
                for j in range(1, n_dims):
                    volume *= sides[j, i] * scaled.scales[c * n_dims + j]
                reached = weight * iou
                weight = weight * (iou * (1.0 + iou))
                above = weight * (volume / (volume + scaled.volumes[c]))
                below = weight - above
                for j in range(n_dims):
                    distance = sides[j, i] - centers[c, j]
                    width = widths[start + i] * (0.5 * sides[j, i] + 0.5 * centers[c, j])
                    if fabs(distance) < 0.5 * width:
                        larger = 0.5 + distance / width
                        minority = larger if larger < 0.5 else 1.0 - larger
                        sums[c, j, 0] += below * (1.0 - larger)
                        sums[c, j, 1] += above * larger
                        reached -= 0.5 * weight * widths[start + i] * (minority * minority)
                    elif distance > 0:
                        sums[c, j, 1] += above
                    else:
                        sums[c, j, 0] += below
                sums[c, n_dims, 1] += reached
            start += BLOCK
        for c in range(n_centers):
            score += sums[c, n_dims, 1]
            spread = 2.0 * (1.0 - sums[c, n_dims, 1] / sums[c, n_dims, 0]) / n_dims
            for j in range(n_dims):
                balance = (sums[c, j, 1] - sums[c, j, 0]) / (sums[c, j, 1] + sums[c, j, 0])
                balance = spread * balance
                step[c, j] = balance if isfinite(balance) else 0.0
    return score, step_array


cdef struct Entry:
    double group  # the number of a column of a cluster
    double value
    double weight


cdef int compare(const void* left, const void* right) noexcept nogil:
    cdef const Entry* a = <const Entry*>left
    cdef const Entry* b = <const Entry*>right
    if a.group != b.group:
        return 1 if a.group > b.group else -1
    return (a.value > b.value) - (a.value < b.value)


cdef inline int64_t bits(double value) noexcept nogil:
    """The bits of a positive number, which are in the order of the numbers."""
    cdef int64_t number
    memcpy(&number, &value, sizeof(double))
    return number


cdef void weight_units(
    const double[::1] above, const double[::1] below, const int[::1] labels, double[::1] units
) noexcept nogil:
    """The power of two that makes the weights of each cluster integers with an exact sum."""
    cdef Py_ssize_t i
    cdef double weight, n = labels.shape[0], n_clusters = units.shape[0]
    cdef int exponent
    units[:] = 0.0
    for i in range(labels.shape[0]):
        weight = above[i] if above[i] > below[i] else below[i]
        units[labels[i]] = weight if weight > units[labels[i]] else units[labels[i]]
    for i in range(units.shape[0]):
        frexp(units[i] * n * n_clusters, &exponent)
        units[i] = ldexp(1.0, min(51 - exponent, 1000))


cdef struct Group:  # a column of the shapes of a cluster
    int64_t center  # the bits of the center, of the lowest value that is sorted, and their range
    int64_t lowest
    int64_t width
    double total  # weight, and the weight of what is lower than `lowest`
    double before


cdef class Buckets:
    """The weight in buckets of values around each center; the outermost hold all beyond.

    Of the buckets of each column of each cluster the ones that hold its median are found first;
    only the few values in these are then sorted.
    """

    cdef Py_ssize_t n_buckets
    cdef int shift
    cdef double* table
    cdef Group* groups

    def __cinit__(self, const double[:, :] centers, Py_ssize_t n):
        cdef Py_ssize_t n_dims = centers.shape[1], n_groups = centers.shape[0] * n_dims, group
        cdef int n_bits = max(4, min(int(n).bit_length() - 4, 9))
        self.n_buckets = 1 << n_bits
        self.shift = 53 - n_bits  # the buckets cover the two octaves around the center
        self.table = <double*>allocated(n_groups * self.n_buckets, sizeof(double))
        self.groups = <Group*>allocated(n_groups, sizeof(Group))
        for group in range(n_groups):
            self.groups[group].center = bits(centers[group // n_dims, group % n_dims])

    def __dealloc__(self):
        free(self.table)
        free(self.groups)

    cdef void find(self, Py_ssize_t number) noexcept nogil:
        """Find the bits of the values up to which and beyond which half of the weight lies."""
        cdef Py_ssize_t bucket, first, last = self.n_buckets - 1
        cdef double cumulated, half, total = 0.0
        cdef const double* weights = self.table + number * self.n_buckets
        cdef Group* group = &self.groups[number]
        for bucket in range(self.n_buckets):
            total += weights[bucket]
        half, cumulated, bucket = total / 2.0, 0.0, 0
        while bucket < last and cumulated + weights[bucket] < half:
            cumulated += weights[bucket]
            bucket += 1
        group.total, group.before, first = total, cumulated, bucket
        while bucket < last and cumulated + weights[bucket] <= half:
            cumulated += weights[bucket]
            bucket += 1
        group.lowest = self.bits_from(group.center, first)
        group.width = self.bits_from(group.center, bucket + 1) - 1 - group.lowest

    cdef inline int64_t bits_from(self, int64_t center, Py_ssize_t bucket) noexcept nogil:
        """The bits of the lowest value in a bucket."""
        if bucket == 0:
            return 0
        if bucket == self.n_buckets:
            return INFINITY_BITS
        return center + (bucket - self.n_buckets // 2) * (<int64_t>1 << self.shift)


cdef void find_medians(
    const double[:, :] X, const double[::1] above, const double[::1] below, const int[::1] labels,
    double[::1] units, Buckets buckets, Entry* entries, double[:, ::1] medians,
) noexcept nogil:
    """Replace the sides of the centers by the medians of the sides of their shapes."""
    cdef Py_ssize_t n = X.shape[0], n_dims = X.shape[1], n_entries = 0
    cdef Py_ssize_t i, j, group, bucket
    cdef double unit, half, cumulated, lower
    cdef double[2] weights  # of a value that is not above its center, and of one that is
    cdef int64_t offset
    # Pointers, as the loops would read these attributes anew for every value.
    cdef const Group* groups = buckets.groups
    cdef double* table = buckets.table
    cdef Py_ssize_t n_buckets = buckets.n_buckets, shift = buckets.shift
    weight_units(above, below, labels, units)
    for i in range(n):
        unit = units[labels[i]]
        weights[0] = (below[i] * unit + ROUNDS) - ROUNDS
        weights[1] = (above[i] * unit + ROUNDS) - ROUNDS
        group = labels[i] * n_dims
        for j in range(n_dims):
            offset = bits(X[i, j]) - groups[group + j].center
            bucket = (offset >> shift) + n_buckets // 2
            bucket = max(min(bucket, n_buckets - 1), 0)
            table[(group + j) * n_buckets + bucket] += weights[offset > 0]
    for group in range(medians.shape[0] * n_dims):
        buckets.find(group)
    for i in range(n):
        group = labels[i] * n_dims
        for j in range(n_dims):
            # From lowest to lowest + width, in one comparison, which is hardly ever true.
            offset = bits(X[i, j]) - groups[group + j].lowest
            if <uint64_t>offset <= <uint64_t>groups[group + j].width:
                offset = bits(X[i, j]) - groups[group + j].center
                unit = (above[i] if offset > 0 else below[i]) * units[labels[i]]
                entries[n_entries].group = group + j
                entries[n_entries].value = X[i, j]
                entries[n_entries].weight = (unit + ROUNDS) - ROUNDS
                n_entries += 1
    qsort(entries, n_entries, sizeof(Entry), compare)
    i = 0
    while i < n_entries:
        group = <Py_ssize_t>entries[i].group
        half = groups[group].total / 2.0
        if half > 0:
            cumulated = groups[group].before + entries[i].weight
            while cumulated < half:
                i += 1
                cumulated += entries[i].weight
            lower = entries[i].value
            while cumulated <= half:
                i += 1
                cumulated += entries[i].weight
            medians[group // n_dims, group % n_dims] = lower + 0.5 * (entries[i].value - lower)
        while i < n_entries and entries[i].group == group:
            i += 1


def weighted_medians(
    const double[:, :] X, const double[::1] above, const double[::1] below, const int[::1] labels,
    const double[:, :] centers,
):
    medians_array = np.array(centers)
    cdef double[:, ::1] medians = medians_array
    cdef double[::1] units = np.empty(centers.shape[0])
    cdef Buckets buckets = Buckets(centers, X.shape[0])
    cdef double[:, ::1] entries = np.empty((X.shape[0] * X.shape[1], 3))
    with nogil:
        find_medians(X, above, below, labels, units, buckets, <Entry*>&entries[0, 0], medians)
    return medians_array


def median_step(
    const double[:, :] X, const double[::1] sample_weight, const double[:, :] centers
):
    cdef Py_ssize_t n = X.shape[0], n_dims = X.shape[1], n_centers = centers.shape[0], i, j
    cdef double score = 0.0
    ratios_array = np.empty((n_centers, n_dims))
    cdef double[:, ::1] ratios = ratios_array
    cdef double[::1] units = np.empty(n_centers)
    cdef int[::1] labels = np.empty(n, dtype=np.int32)
    cdef double[:, ::1] of_shapes = np.empty((3 + 3 * n_dims, n))
    cdef double[::1] iou = of_shapes[0], above = of_shapes[1], below = of_shapes[2]
    cdef double[:, ::1] work = np.empty((5 + n_dims, BLOCK))
    cdef Centers scaled = Centers(centers)
    cdef Buckets buckets = Buckets(centers, n)
    with nogil:
        assign(X, scaled, work[5:], work, labels, iou, iou[:0])
        for i in range(n):
            score += sample_weight[i] * iou[i]
        pull(X, sample_weight, labels, iou, scaled, above, below)
        ratios[:] = centers
        find_medians(X, above, below, labels, units, buckets, <Entry*>&of_shapes[3, 0], ratios)
        for i in range(n_centers):
            for j in range(n_dims):
                ratios[i, j] /= centers[i, j]
    return score, ratios_array


# Cells.


cdef extern from *:
    """
    #if defined(__GNUC__)
    #define PREFETCH(place) __builtin_prefetch(place, 1)
    #else
    #define PREFETCH(place)
    #endif
    """
    void PREFETCH(const void* place) nogil


cdef inline void number_cells(
    const floating* logs, Py_ssize_t n, int lowest, int extent, floating resolution, int* cells,
    double* squares,
) noexcept nogil:
    """Take a further side into the numbers of the cells and the sums of the squares."""
    cdef Py_ssize_t i
    cdef int cell
    cdef floating scaled
    cdef double log
    for i in range(n):
        scaled = logs[i] * resolution
        cell = <int>scaled
        cell -= scaled < cell  # rounded down
        cells[i] = cells[i] * extent + (cell - lowest)
    for i in range(n):
        log = logs[i]
        squares[i] += log * log


cdef inline void add_to_cells(
    const floating* logs, Py_ssize_t stride, const double* sample_weight, Py_ssize_t n,
    Py_ssize_t n_dims, const int* cells, const double* squares, double* grid,
) noexcept nogil:
    """Add a block of shapes to the rows of their cells."""
    cdef Py_ssize_t i, j
    cdef double weight
    cdef double* row
    for i in range(n):  # the rows are far apart, and slow to come one by one
        PREFETCH(grid + cells[i] * (n_dims + 2))
    for i in range(n):
        row = grid + cells[i] * (n_dims + 2)
        weight = sample_weight[i]
        row[0] += weight
        for j in range(n_dims):
            row[1 + j] += weight * logs[j * stride + i]
        row[1 + n_dims] += weight * squares[i]


def count_cells(
    double[:, ::1] grid, const floating[:, ::1] logs, const double[::1] sample_weight,
    int lowest, int extent, Py_ssize_t resolution,
):
    cdef Py_ssize_t n_dims = logs.shape[0], n = logs.shape[1], start = 0, size, i, j
    cdef int[BLOCK] cells  # no cell has a larger number
    cdef double[BLOCK] squares
    with nogil:
        while start < n:
            size = min(BLOCK, n - start)
            for i in range(size):
                cells[i] = 0
                squares[i] = 0.0
            for j in range(n_dims):
                number_cells(
                    &logs[j, start], size, lowest, extent, <floating>resolution, cells, squares
                )
            if n_dims == 2:  # a known number of sides is unrolled, which takes half the time
                add_to_cells(
                    &logs[0, start], n, &sample_weight[start], size, 2, cells, squares, &grid[0, 0]
                )
            else:
                add_to_cells(
                    &logs[0, start], n, &sample_weight[start], size, n_dims, cells, squares,
                    &grid[0, 0],
                )
            start += BLOCK


# The upper bound.


cdef enum:
    PATCH = 64  # shapes that are passed over together if they lie far from a rectangle


cdef inline double over_one(double value) noexcept nogil:
    return value if value > 1.0 else 1.0


cdef double nearest_iou(
    const double* low, const double* high, const double* inverse_low, const double* inverse_high,
    const double* center_low, const double* inverse_center_high, Py_ssize_t n_dims,
) noexcept nogil:
    """The largest IoU of a shape of one rectangle with a center of another."""
    cdef double first = 1.0, second = 1.0
    cdef Py_ssize_t j
    for j in range(n_dims):
        first *= over_one(low[j] * inverse_center_high[j])
        second *= over_one(center_low[j] * inverse_high[j])
    return 1.0 / (first + second - 1.0)


cdef void add_patch(
    const double* sides, const double* inverse_sides, Py_ssize_t n, Py_ssize_t n_dims,
    const double* sample_weight, const double* multipliers, const double* variances,
    Py_ssize_t size, double reach,
    const double* low, const double* middle, const double* high,
    const double* inverse_low, const double* inverse_middle, const double* inverse_high,
    double* terms,
) noexcept nogil:
    """Add the terms of a patch of shapes and one rectangle.

    The loops over arrays on the stack are vectorised, except for those that add up.
    """
    cdef Py_ssize_t i, j
    cdef double a, b, lo, mid, hi, inverse_lo, inverse_mid, inverse_hi
    cdef double near, x, y, weight, mu, mean, excess, lowest, part, dims = n_dims
    cdef double value = terms[0], total = terms[1], at_most = terms[2], bend = terms[3]
    cdef double at_middle = terms[4], slope
    # The products that make up the nearest, the middle and the farthest IoU, and then these.
    cdef double[PATCH] near_p, near_q, p, q, far_p, far_q, largest, at
    cdef double[PATCH] steepest, shift, spread, gain, first, local, constant, curvature, pull
    for i in range(size):
        near_p[i] = near_q[i] = p[i] = q[i] = far_p[i] = far_q[i] = 1.0
    for j in range(n_dims):
        lo, mid, hi = low[j], middle[j], high[j]
        inverse_lo, inverse_mid, inverse_hi = inverse_low[j], inverse_middle[j], inverse_high[j]
        for i in range(size):
            a = sides[j * n + i]
            b = inverse_sides[j * PATCH + i]
            near_p[i] *= over_one(a * inverse_hi)
            near_q[i] *= over_one(lo * b)
            p[i] *= over_one(a * inverse_mid)
            q[i] *= over_one(mid * b)
            far_p[i] *= over_one(a * inverse_lo)
            far_q[i] *= over_one(hi * b)
    for i in range(size):
        near_p[i] = 1.0 / (near_p[i] + near_q[i] - 1.0)
        far_p[i] = 1.0 / ((far_p[i] + far_q[i] - 1.0) * reach)
        at[i] = 1.0 / (p[i] + q[i] - 1.0)
    for i in range(size):
        near = near_p[i] * reach
        near = near if near < 1.0 else 1.0
        x = dims * near
        y = (2.0 * (dims - 1.0) - near + 2.0 * near * near) * near
        largest[i] = near
        steepest[i] = x if x > y else y
        shift[i] = 0.5 * steepest[i] * variances[i]
        spread[i] = dims * variances[i] * near * near
    for i in range(size):
        mu = multipliers[i]
        weight = sample_weight[i] if largest[i] > mu else 0.0
        mean = near_p[i] + shift[i] - mu
        first[i] = 0.5 * weight * (mean + sqrt(mean * mean + spread[i]))
        excess = at[i] - mu
        gain[i] = weight * (excess if excess > 0.0 else 0.0)
        x = excess + shift[i]
        local[i] = 0.5 * weight * (x + sqrt(x * x + spread[i]))
        lowest = far_p[i] - mu
        lowest = lowest if lowest < 0.0 else 0.0
        part = largest[i] - mu
        part = weight * (part / (part - lowest))
        constant[i] = part * (x - lowest)
        curvature[i] = part * steepest[i]
        pull[i] = part * at[i] * at[i]
    for i in range(size):  # where 0 / 0 makes a number NaN, it is not the smaller one
        curvature[i] = curvature[i] if constant[i] < first[i] else 0.0
        pull[i] = pull[i] if constant[i] < first[i] else 0.0
        constant[i] = constant[i] if constant[i] < first[i] else first[i]
    for i in range(size):
        p[i] = pull[i] * p[i] if pull[i] > 0.0 else 0.0
        q[i] = pull[i] * q[i] if pull[i] > 0.0 else 0.0
    for i in range(size):
        value += gain[i]
        total += first[i]
        at_most += constant[i]
        bend += curvature[i]
        at_middle += local[i]
    terms[0], terms[1], terms[2], terms[3], terms[4] = value, total, at_most, bend, at_middle
    for j in range(n_dims):
        mid = middle[j]
        slope = terms[5 + j]
        for i in range(size):
            a = sides[j * n + i]
            slope += (p[i] if a > mid else 0.0) - (q[i] if a < mid else 0.0)
        terms[5 + j] = slope


def rho_terms(
    const double[:, ::1] sides, const double[::1] sample_weight, const double[::1] multipliers,
    const double[::1] variances, double reach,
    const double[:, ::1] low, const double[:, ::1] middle, const double[:, ::1] high,
):
    cdef Py_ssize_t n_dims = sides.shape[0], n = sides.shape[1], n_rectangles = low.shape[0]
    cdef Py_ssize_t start = 0, size, i, j, r
    cdef double a, near, lowest
    terms_array = np.zeros((n_rectangles, 5 + n_dims))
    cdef double[:, ::1] terms = terms_array
    cdef double[:, :, ::1] inverse = 1.0 / np.asarray([low, middle, high])
    cdef double[:, ::1] inverse_sides = np.empty((n_dims, PATCH))
    cdef double[:, ::1] box = np.empty((4, n_dims))
    with nogil:
        while start < n:
            size = min(PATCH, n - start)
            lowest = multipliers[start]
            for i in range(size):
                lowest = min(lowest, multipliers[start + i])
            for j in range(n_dims):
                box[0, j] = box[1, j] = sides[j, start]
                for i in range(size):
                    a = sides[j, start + i]
                    box[0, j] = min(box[0, j], a)
                    box[1, j] = max(box[1, j], a)
                    inverse_sides[j, i] = 1.0 / a
                box[2, j] = 1.0 / box[0, j]
                box[3, j] = 1.0 / box[1, j]
            for r in range(n_rectangles):
                near = nearest_iou(
                    &box[0, 0], &box[1, 0], &box[2, 0], &box[3, 0],
                    &low[r, 0], &inverse[2, r, 0], n_dims,
                )
                if near * reach > lowest:
                    add_patch(
                        &sides[0, start], &inverse_sides[0, 0], n, n_dims, &sample_weight[start],
                        &multipliers[start], &variances[start], size, reach,
                        &low[r, 0], &middle[r, 0], &high[r, 0],
                        &inverse[0, r, 0], &inverse[1, r, 0], &inverse[2, r, 0], &terms[r, 0],
                    )
            start += PATCH
    return terms_array


def proximal_multipliers(
    const int16_t[:, ::1] order, const float[:, ::1] iou, const double[::1] sample_weight,
    const double[::1] mass, const double[::1] multipliers, double step, double floor,
):
    cdef Py_ssize_t n = order.shape[0], n_kept = order.shape[1], i, j, last
    cdef double cumulated, mu, now
    moved_array, rho_array = np.empty(n), np.zeros(mass.shape[0])
    cdef double[::1] moved = moved_array, rho = rho_array
    with nogil:
        for i in range(n):
            now, cumulated = multipliers[i], 0.0
            mu = now - step
            last = 0
            while last < n_kept and mu < iou[i, last]:
                cumulated += mass[order[i, last]]
                mu = now - step * (1.0 - cumulated)
                if mu > iou[i, last]:
                    mu = iou[i, last]
                last += 1
            mu = mu if mu > floor else floor
            moved[i] = mu
            for j in range(last):
                if iou[i, j] > mu:
                    rho[order[i, j]] += sample_weight[i] * (iou[i, j] - mu)
    return moved_array, rho_array
