/* What waits to be sent: urgent datagrams first, then pictures, a bounded slice per turn (see hot_path/batch.py).
 *
 * Bytes live in chunks of 64 KiB, taken from the front and given back when all their datagrams have gone.
 * A message is what one system call entry sends: one datagram, or several of equal size for one lane, which the
 * kernel cuts apart again (UDP generic segmentation offload).
 */
#define _GNU_SOURCE
#include "twin.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <structmember.h>
#include <sys/uio.h>
#include <time.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef SOL_UDP
#define SOL_UDP 17
#endif

#define CHUNK_BYTES 65536
#define KEPT_CHUNKS 32
#define MAX_WAITING_BYTES (16u << 20)
#define MAX_WAITING 32768
#define MAX_PARTS 16
#define MAX_MESSAGE_BYTES 60000
#define PER_CALL 64
#define MARKS 4096
#define BUCKETS 14
#define MAX_SEGMENT_FAILURES 8

static const double BOUNDS_S[BUCKETS - 1] = {0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01,
                                             0.015,  0.02,  0.03,  0.05,  0.1,   0.25};

typedef struct Chunk {
    struct Chunk *next;
    uint32_t live; /* datagrams that still wait */
    uint32_t used;
    uint8_t data[];
} Chunk;

#define CHUNK_ROOM (CHUNK_BYTES - sizeof(Chunk))

typedef struct {
    PyObject *path;
    Destination destination;
    uint16_t count;
    bool is_closed;
    uint32_t bytes;
    struct iovec parts[MAX_PARTS];
} Message;

typedef struct {
    Message *items;
    size_t head, tail, room;
    uint64_t base; /* number of items[0] */
    size_t datagrams;
} Queue;

typedef struct {
    uint64_t message;
    double cause;
} Mark;

typedef struct {
    Mark items[MARKS];
    size_t head, count;
} Marks;

struct Batch {
    PyObject_HEAD
    PyObject *sockets; /* tuple */
    PyObject *others;  /* list of (path, bytes) */
    uint64_t serial;
    Queue urgent, bulk;
    Marks urgent_marks, bulk_marks;
    Chunk *current, *spare;
    size_t spares;
    size_t waiting_bytes;
    double cause;
    bool can_segment;
    int segment_failures;
    int blocked;
    unsigned long long sent, calls, dropped, errors;
    unsigned long long buckets[BUCKETS];
    double sum_s;
    struct mmsghdr vector[PER_CALL];
    union {
        char bytes[CMSG_SPACE(sizeof(uint16_t))];
        struct cmsghdr align;
    } control[PER_CALL];
};

/* ── bytes ── */

static Chunk *chunk_of(const void *at) { return (Chunk *)((uintptr_t)at & ~(uintptr_t)(CHUNK_BYTES - 1)); }

static Chunk *take_chunk(Batch *self)
{
    Chunk *chunk = self->spare;
    if (chunk != NULL) {
        self->spare = chunk->next;
        self->spares--;
    } else {
        chunk = aligned_alloc(CHUNK_BYTES, CHUNK_BYTES);
        if (chunk == NULL) {
            PyErr_NoMemory();
            return NULL;
        }
    }
    chunk->next = NULL;
    chunk->live = chunk->used = 0;
    return chunk;
}

static void give_back(Batch *self, Chunk *chunk)
{
    if (self->spares >= KEPT_CHUNKS) {
        free(chunk);
        return;
    }
    chunk->next = self->spare;
    self->spare = chunk;
    self->spares++;
}

static void release_part(Batch *self, const struct iovec *part)
{
    Chunk *chunk = chunk_of(part->iov_base);
    self->waiting_bytes -= part->iov_len;
    if (--chunk->live > 0)
        return;
    if (chunk == self->current)
        chunk->used = 0;
    else
        give_back(self, chunk);
}

static size_t waiting(const Batch *self)
{
    return self->urgent.datagrams + self->bulk.datagrams + (size_t)PyList_GET_SIZE(self->others);
}

uint8_t *batch_reserve(Batch *self, size_t size)
{
    if (size > CHUNK_ROOM || self->waiting_bytes + size > MAX_WAITING_BYTES || waiting(self) >= MAX_WAITING) {
        self->dropped++;
        return NULL;
    }
    if (self->current == NULL || self->current->used + size > CHUNK_ROOM) {
        Chunk *chunk = take_chunk(self);
        if (chunk == NULL)
            return NULL;
        self->current = chunk; /* the old one goes back when its last datagram does; it has at least one */
    }
    uint8_t *at = self->current->data + self->current->used;
    self->current->used += (uint32_t)size;
    self->current->live++;
    self->waiting_bytes += size;
    return at;
}

void batch_cancel(Batch *self, size_t size)
{
    self->current->used -= (uint32_t)size;
    self->current->live--;
    self->waiting_bytes -= size;
}

/* ── messages ── */

static Message *new_message(Queue *queue)
{
    if (queue->head == queue->tail) {
        queue->base += queue->tail;
        queue->head = queue->tail = 0;
    }
    if (queue->tail == queue->room) {
        if (queue->head > queue->room / 2) {
            memmove(queue->items, queue->items + queue->head, (queue->tail - queue->head) * sizeof(Message));
            queue->base += queue->head;
            queue->tail -= queue->head;
            queue->head = 0;
        } else {
            size_t room = queue->room ? queue->room * 2 : 256;
            Message *items = PyMem_Realloc(queue->items, room * sizeof(Message));
            if (items == NULL) {
                PyErr_NoMemory();
                return NULL;
            }
            queue->items = items;
            queue->room = room;
        }
    }
    return &queue->items[queue->tail++];
}

/* The last message of a lane, if `size` more bytes may go out with it. */
static Message *joinable(Batch *self, const Lane *lane, size_t size)
{
    Queue *queue = lane->is_urgent ? &self->urgent : &self->bulk;
    if (!self->can_segment || lane->open_batch != self->serial || lane->open_message < queue->base + queue->head)
        return NULL;
    Message *message = &queue->items[lane->open_message - queue->base];
    if (message->is_closed || message->count >= MAX_PARTS || size > message->parts[0].iov_len
        || message->bytes + size > MAX_MESSAGE_BYTES)
        return NULL;
    return message;
}

static bool hand_to_others(Batch *self, PyObject *path, uint8_t *at, size_t size)
{
    PyObject *pair = Py_BuildValue("(Oy#)", path, (const char *)at, (Py_ssize_t)size);
    struct iovec part = {at, size};
    release_part(self, &part);
    if (pair == NULL)
        return false;
    int failed = PyList_Append(self->others, pair);
    Py_DECREF(pair);
    return failed == 0;
}

bool batch_commit(Batch *self, Lane *lane, PyObject *path, const Destination *destination, uint8_t *at, size_t size,
                  bool is_urgent)
{
    Py_ssize_t sockets = PyTuple_GET_SIZE(self->sockets);
    if (sockets > 0 && (destination->number < 0 || destination->number >= sockets || destination->size == 0))
        return hand_to_others(self, path, at, size);
    Queue *queue = is_urgent ? &self->urgent : &self->bulk;
    Message *message = lane == NULL ? NULL : joinable(self, lane, size);
    if (message == NULL) {
        message = new_message(queue);
        if (message == NULL) {
            batch_cancel(self, size);
            return false;
        }
        message->path = Py_NewRef(path);
        message->destination = *destination;
        message->count = 0;
        message->is_closed = false;
        message->bytes = 0;
        if (lane != NULL) {
            lane->open_batch = self->serial;
            lane->open_message = queue->base + queue->tail - 1;
        }
    } else if (size < message->parts[0].iov_len) {
        message->is_closed = true; /* only the last segment may be shorter */
    }
    message->parts[message->count++] = (struct iovec){at, size};
    message->bytes += (uint32_t)size;
    queue->datagrams++;
    return true;
}

bool batch_copy(Batch *self, PyObject *path, const Destination *destination, const uint8_t *data, size_t size,
                bool is_urgent)
{
    if (destination->number == NO_NUMBER)
        return true;
    uint8_t *at = batch_reserve(self, size);
    if (at == NULL)
        return !PyErr_Occurred();
    memcpy(at, data, size);
    return batch_commit(self, NULL, path, destination, at, size, is_urgent);
}

static void release_message(Batch *self, Queue *queue)
{
    Message *message = &queue->items[queue->head++];
    queue->datagrams -= message->count;
    for (int i = 0; i < message->count; i++)
        release_part(self, &message->parts[i]);
    Py_CLEAR(message->path);
}

/* ── latency ── */

static double monotonic(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

void batch_mark(Batch *self, bool is_urgent)
{
    Marks *marks = is_urgent ? &self->urgent_marks : &self->bulk_marks;
    Queue *queue = is_urgent ? &self->urgent : &self->bulk;
    if (self->cause == 0.0 || marks->count == MARKS)
        return;
    marks->items[(marks->head + marks->count++) % MARKS] = (Mark){queue->base + queue->tail, self->cause};
}

static void note_latencies(Batch *self, Queue *queue, Marks *marks)
{
    if (marks->count == 0)
        return;
    double now = monotonic();
    uint64_t gone = queue->base + queue->head;
    while (marks->count > 0 && marks->items[marks->head].message <= gone) {
        double latency = now - marks->items[marks->head].cause;
        int bucket = 0;
        while (bucket < BUCKETS - 1 && latency > BOUNDS_S[bucket])
            bucket++;
        self->buckets[bucket]++;
        self->sum_s += latency;
        marks->head = (marks->head + 1) % MARKS;
        marks->count--;
    }
}

/* ── sending ── */

static void prepare(Batch *self, int slot, Message *message)
{
    struct msghdr *header = &self->vector[slot].msg_hdr;
    memset(header, 0, sizeof(*header));
    header->msg_name = &message->destination.name;
    header->msg_namelen = message->destination.size;
    header->msg_iov = message->parts;
    header->msg_iovlen = message->count;
    if (message->count < 2)
        return;
    header->msg_control = self->control[slot].bytes;
    header->msg_controllen = sizeof(self->control[slot].bytes);
    struct cmsghdr *control = CMSG_FIRSTHDR(header);
    uint16_t size = (uint16_t)message->parts[0].iov_len;
    control->cmsg_level = SOL_UDP;
    control->cmsg_type = UDP_SEGMENT;
    control->cmsg_len = CMSG_LEN(sizeof(size));
    memcpy(CMSG_DATA(control), &size, sizeof(size));
}

/* Longer than this path carries in one piece: let routers cut this one (see bind_all of streaming/sockets.py). */
static ssize_t send_in_fragments(int descriptor, const struct iovec *part, const Destination *destination)
{
    static const int WANT = IP_PMTUDISC_WANT, WHOLE = IP_PMTUDISC_DO;
    if (destination->name.any.sa_family != AF_INET
        || setsockopt(descriptor, IPPROTO_IP, IP_MTU_DISCOVER, &WANT, sizeof(WANT)) < 0)
        return -1;
    ssize_t result = sendto(descriptor, part->iov_base, part->iov_len, MSG_DONTWAIT, &destination->name.any,
                            destination->size);
    int error = errno;
    setsockopt(descriptor, IPPROTO_IP, IP_MTU_DISCOVER, &WHOLE, sizeof(WHOLE));
    errno = error;
    return result;
}

static bool is_full(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

/* The first message in single datagrams. False when the socket is full; the rest then stays in the message. */
static bool send_parts(Batch *self, Queue *queue, int descriptor)
{
    Message *message = &queue->items[queue->head];
    int gone = 0;
    bool full = false;
    for (; gone < message->count; gone++) {
        const struct iovec *part = &message->parts[gone];
        self->calls++;
        ssize_t result = sendto(descriptor, part->iov_base, part->iov_len, MSG_DONTWAIT, &message->destination.name.any,
                                message->destination.size);
        if (result < 0 && errno == EMSGSIZE)
            result = send_in_fragments(descriptor, part, &message->destination);
        if (result < 0 && is_full(errno)) {
            full = true;
            break;
        }
        if (result < 0)
            self->errors++;
        else
            self->sent++;
    }
    for (int i = 0; i < gone; i++) {
        message->bytes -= (uint32_t)message->parts[i].iov_len;
        release_part(self, &message->parts[i]);
    }
    memmove(message->parts, message->parts + gone, (size_t)(message->count - gone) * sizeof(struct iovec));
    message->count = (uint16_t)(message->count - gone);
    message->is_closed = true;
    queue->datagrams -= (size_t)gone;
    if (message->count == 0)
        release_message(self, queue);
    return !full;
}

/* After an error of the first message; false when the socket is full. */
static bool overcome(Batch *self, Queue *queue, int descriptor, int error)
{
    Message *message = &queue->items[queue->head];
    if (is_full(error))
        return false;
    if (message->count > 1) { /* the kernel or the card does not cut: an old kernel, a short MTU */
        if (error == EIO || ++self->segment_failures >= MAX_SEGMENT_FAILURES)
            self->can_segment = false;
        return send_parts(self, queue, descriptor);
    }
    if (error == EMSGSIZE)
        return send_parts(self, queue, descriptor);
    self->errors++;
    release_message(self, queue);
    return true;
}

/* Up to `limit` datagrams (the last message may exceed it). 1: empty, 0: limit or full, -1: exception. */
static int drain(Batch *self, Queue *queue, size_t limit)
{
    while (queue->head < queue->tail && limit > 0) {
        int number = queue->items[queue->head].destination.number;
        unsigned int count = 0;
        size_t datagrams = 0;
        int descriptor = PyObject_AsFileDescriptor(PyTuple_GET_ITEM(self->sockets, number));
        if (descriptor < 0)
            return -1;
        for (size_t i = queue->head; i < queue->tail && count < PER_CALL && datagrams < limit; i++) {
            if (queue->items[i].destination.number != number)
                break;
            prepare(self, (int)count++, &queue->items[i]);
            datagrams += queue->items[i].count;
        }
        self->calls++;
        int gone = sendmmsg(descriptor, self->vector, count, MSG_DONTWAIT);
        if (gone < 0 && errno == EINTR)
            continue;
        if (gone <= 0) {
            if (!overcome(self, queue, descriptor, errno)) {
                self->blocked = number;
                return 0;
            }
            limit--;
            continue;
        }
        size_t before = queue->datagrams;
        for (int i = 0; i < gone; i++) {
            if (queue->items[queue->head].count > 1) /* so it was that one destination: port 0, a short MTU */
                self->segment_failures = 0;
            release_message(self, queue);
        }
        size_t out = before - queue->datagrams;
        self->sent += out;
        limit -= out < limit ? out : limit;
    }
    return queue->head == queue->tail;
}

static PyObject *Batch_send(Batch *self, PyObject *argument)
{
    Py_ssize_t limit = PyLong_AsSsize_t(argument);
    if (limit < 0) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_ValueError, "a limit is not negative");
        return NULL;
    }
    if (PyTuple_GET_SIZE(self->sockets) == 0) {
        PyErr_SetString(PyExc_ValueError, "this batch was made without sockets");
        return NULL;
    }
    self->blocked = -1;
    int state = drain(self, &self->urgent, SIZE_MAX);
    note_latencies(self, &self->urgent, &self->urgent_marks);
    if (state == 1) {
        state = drain(self, &self->bulk, (size_t)limit);
        note_latencies(self, &self->bulk, &self->bulk_marks);
    }
    if (state < 0)
        return NULL;
    return PyBool_FromLong(state);
}

/* ── from Python ── */

static PyObject *Batch_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"sockets", NULL};
    static uint64_t serials;
    PyObject *sockets = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O", names, &sockets))
        return NULL;
    Batch *self = (Batch *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->sockets = sockets == NULL ? PyTuple_New(0) : PySequence_Tuple(sockets);
    self->others = PyList_New(0);
    if (self->sockets == NULL || self->others == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    self->serial = ++serials;
    self->blocked = -1;
    self->can_segment = PyTuple_GET_SIZE(self->sockets) > 0;
    return (PyObject *)self;
}

static void clear_queue(Batch *self, Queue *queue)
{
    while (queue->head < queue->tail)
        release_message(self, queue);
}

static void Batch_dealloc(Batch *self)
{
    clear_queue(self, &self->urgent);
    clear_queue(self, &self->bulk);
    PyMem_Free(self->urgent.items);
    PyMem_Free(self->bulk.items);
    free(self->current);
    while (self->spare != NULL) {
        Chunk *next = self->spare->next;
        free(self->spare);
        self->spare = next;
    }
    Py_CLEAR(self->sockets);
    Py_CLEAR(self->others);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static Py_ssize_t Batch_length(Batch *self) { return (Py_ssize_t)waiting(self); }

static PyObject *Batch_append(Batch *self, PyObject *pair)
{
    Destination destination;
    if (!PyTuple_Check(pair) || PyTuple_GET_SIZE(pair) != 2 || !PyBytes_Check(PyTuple_GET_ITEM(pair, 1))) {
        PyErr_SetString(PyExc_TypeError, "a datagram is (path, bytes)");
        return NULL;
    }
    PyObject *path = PyTuple_GET_ITEM(pair, 0), *data = PyTuple_GET_ITEM(pair, 1);
    if (!destination_of(path, &destination))
        return NULL;
    if (!batch_copy(self, path, &destination, (const uint8_t *)PyBytes_AS_STRING(data), (size_t)PyBytes_GET_SIZE(data),
                    true))
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *Batch_extend(Batch *self, PyObject *pairs)
{
    PyObject *iterator = PyObject_GetIter(pairs);
    if (iterator == NULL)
        return NULL;
    PyObject *pair;
    while ((pair = PyIter_Next(iterator)) != NULL) {
        PyObject *done = Batch_append(self, pair);
        Py_DECREF(pair);
        if (done == NULL)
            break;
        Py_DECREF(done);
    }
    Py_DECREF(iterator);
    if (PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *Batch_arrived(Batch *self, PyObject *at)
{
    double cause = PyFloat_AsDouble(at);
    if (cause == -1.0 && PyErr_Occurred())
        return NULL;
    self->cause = cause;
    Py_RETURN_NONE;
}

static bool copy_out(const Queue *queue, PyObject *pairs)
{
    for (size_t i = queue->head; i < queue->tail; i++) {
        const Message *message = &queue->items[i];
        for (int part = 0; part < message->count; part++) {
            PyObject *pair = Py_BuildValue("(Oy#)", message->path, (const char *)message->parts[part].iov_base,
                                           (Py_ssize_t)message->parts[part].iov_len);
            if (pair == NULL)
                return false;
            int failed = PyList_Append(pairs, pair);
            Py_DECREF(pair);
            if (failed)
                return false;
        }
    }
    return true;
}

static PyObject *Batch_others(Batch *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *fresh = PyList_New(0);
    if (fresh == NULL)
        return NULL;
    PyObject *others = self->others;
    self->others = fresh;
    return others;
}

static PyObject *Batch_pairs(Batch *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *pairs = PyList_New(0);
    if (pairs == NULL)
        return NULL;
    if (!copy_out(&self->urgent, pairs) || !copy_out(&self->bulk, pairs)
        || PyList_SetSlice(pairs, PyList_GET_SIZE(pairs), PyList_GET_SIZE(pairs), self->others) < 0) {
        Py_DECREF(pairs);
        return NULL;
    }
    clear_queue(self, &self->urgent);
    clear_queue(self, &self->bulk);
    self->urgent_marks.count = self->bulk_marks.count = 0;
    if (PyList_SetSlice(self->others, 0, PyList_GET_SIZE(self->others), NULL) < 0) {
        Py_DECREF(pairs);
        return NULL;
    }
    return pairs;
}

static PyObject *Batch_put_socket(Batch *self, PyObject *args)
{
    Py_ssize_t number;
    PyObject *one;
    if (!PyArg_ParseTuple(args, "nO", &number, &one))
        return NULL;
    Py_ssize_t size = PyTuple_GET_SIZE(self->sockets);
    if (number < 0 || number > size) {
        PyErr_SetString(PyExc_ValueError, "sockets are numbered without a gap");
        return NULL;
    }
    PyObject *sockets = PyTuple_New(number == size ? size + 1 : size);
    if (sockets == NULL)
        return NULL;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(sockets); i++) {
        PyObject *item = i == number ? one : PyTuple_GET_ITEM(self->sockets, i);
        Py_INCREF(item);
        PyTuple_SET_ITEM(sockets, i, item);
    }
    Py_SETREF(self->sockets, sockets);
    Py_RETURN_NONE;
}

static PyObject *Batch_latencies(Batch *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *buckets = PyList_New(BUCKETS);
    if (buckets == NULL)
        return NULL;
    for (int i = 0; i < BUCKETS; i++) {
        PyObject *count = PyLong_FromUnsignedLongLong(self->buckets[i]);
        if (count == NULL) {
            Py_DECREF(buckets);
            return NULL;
        }
        PyList_SET_ITEM(buckets, i, count);
    }
    return Py_BuildValue("(Nd)", buckets, self->sum_s);
}

static PyMethodDef Batch_methods[] = {
    {"append", (PyCFunction)Batch_append, METH_O, "Something urgent: (path, bytes)."},
    {"extend", (PyCFunction)Batch_extend, METH_O, "Each urgent."},
    {"arrived", (PyCFunction)Batch_arrived, METH_O, "When what is forwarded from now on was caused."},
    {"pairs", (PyCFunction)Batch_pairs, METH_NOARGS, "Take out everything, in the order in which to send it."},
    {"others", (PyCFunction)Batch_others, METH_NOARGS, "Take out what is for paths that are none of our sockets."},
    {"send", (PyCFunction)Batch_send, METH_O, "Send what is urgent, then at most `limit` others."},
    {"put_socket", (PyCFunction)Batch_put_socket, METH_VARARGS, "Put one in the place of another, or behind all."},
    {"_latencies", (PyCFunction)Batch_latencies, METH_NOARGS, "(counts per bucket, sum in seconds)"},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef Batch_members[] = {
    {"blocked", T_INT, offsetof(Batch, blocked), READONLY, NULL},
    {"sent", T_ULONGLONG, offsetof(Batch, sent), READONLY, NULL},
    {"calls", T_ULONGLONG, offsetof(Batch, calls), READONLY, NULL},
    {"dropped", T_ULONGLONG, offsetof(Batch, dropped), READONLY, NULL},
    {"errors", T_ULONGLONG, offsetof(Batch, errors), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PySequenceMethods Batch_sequence = {.sq_length = (lenfunc)Batch_length};

PyTypeObject BatchType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "streaming.twin._twin.Batch",
    .tp_doc = "What waits to be sent.",
    .tp_basicsize = sizeof(Batch),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_new = Batch_new,
    .tp_dealloc = (destructor)Batch_dealloc,
    .tp_as_sequence = &Batch_sequence,
    .tp_methods = Batch_methods,
    .tp_members = Batch_members,
};
