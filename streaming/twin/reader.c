/* Reads datagrams of one socket, several per system call, with the kernel's time of arrival (hot_path/reader.py). */
#define _GNU_SOURCE
#include "twin.h"

#include <errno.h>
#include <structmember.h>
#include <time.h>

#define PER_TURN 16
#define MAX_DATAGRAM_BYTES 2048
#define KNOWN_PATHS 1024 /* power of two */
#define OLDEST_S 1.0

typedef struct {
    struct sockaddr_storage name;
    PyObject *path;
} Known;

typedef struct {
    PyObject_HEAD
    PyObject *socket;
    int number;
    unsigned long long errors;
    unsigned long long too_long;
    struct mmsghdr vector[PER_TURN];
    struct iovec parts[PER_TURN];
    struct sockaddr_storage names[PER_TURN];
    union {
        char bytes[CMSG_SPACE(sizeof(struct timespec))];
        struct cmsghdr align;
    } control[PER_TURN];
    uint8_t data[PER_TURN][MAX_DATAGRAM_BYTES];
    Known known[KNOWN_PATHS];
} Reader;

static PyObject *Reader_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"number", "one", NULL};
    int number;
    PyObject *socket;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "iO", names, &number, &socket))
        return NULL;
    int descriptor = PyObject_AsFileDescriptor(socket);
    if (descriptor < 0)
        return NULL;
    int on = 1; /* without the kernel's time we take ours */
    (void)setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
    Reader *self = (Reader *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->socket = Py_NewRef(socket);
    self->number = number;
    return (PyObject *)self;
}

static void Reader_dealloc(Reader *self)
{
    Py_CLEAR(self->socket);
    for (int i = 0; i < KNOWN_PATHS; i++)
        Py_CLEAR(self->known[i].path);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

/* Paths of those who send often are made once. Names are compared in full. */
static PyObject *known_path(Reader *self, const struct sockaddr_storage *name, socklen_t size)
{
    uint32_t hash = 2166136261u;
    const uint8_t *bytes = (const uint8_t *)name;
    for (socklen_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * 16777619u;
    Known *known = &self->known[hash & (KNOWN_PATHS - 1)];
    if (known->path == NULL || memcmp(&known->name, name, size) != 0) {
        PyObject *path = path_of(name, self->number);
        if (path == NULL)
            return NULL;
        memcpy(&known->name, name, size);
        Py_XSETREF(known->path, path);
    }
    return Py_NewRef(known->path);
}

static double seconds(const struct timespec *time) { return (double)time->tv_sec + (double)time->tv_nsec / 1e9; }

/* Monotonic seconds; the kernel's stamp is wall-clock time, which may jump, so it is believed within limits. */
static double arrival_of(struct msghdr *header, double now)
{
    for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control != NULL; control = CMSG_NXTHDR(header, control)) {
        if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_TIMESTAMPNS)
            continue;
        struct timespec stamp, wall;
        memcpy(&stamp, CMSG_DATA(control), sizeof(stamp));
        clock_gettime(CLOCK_REALTIME, &wall);
        double age = seconds(&wall) - seconds(&stamp);
        if (age >= 0.0 && age <= OLDEST_S)
            return now - age;
    }
    return now;
}

static bool keep(Reader *self, int i, double now, PyObject *found)
{
    struct msghdr *header = &self->vector[i].msg_hdr;
    if (header->msg_flags & MSG_TRUNC) {
        self->too_long++;
        return true;
    }
    PyObject *path = known_path(self, &self->names[i], header->msg_namelen);
    if (path == NULL)
        return false;
    PyObject *one = Py_BuildValue("(y#Nd)", (const char *)self->data[i], (Py_ssize_t)self->vector[i].msg_len, path,
                                  arrival_of(header, now));
    if (one == NULL)
        return false;
    int failed = PyList_Append(found, one);
    Py_DECREF(one);
    return failed == 0;
}

static PyObject *Reader_read(Reader *self, PyObject *argument)
{
    double now = PyFloat_AsDouble(argument);
    if (now == -1.0 && PyErr_Occurred())
        return NULL;
    int descriptor = PyObject_AsFileDescriptor(self->socket);
    if (descriptor < 0)
        return NULL;
    for (int i = 0; i < PER_TURN; i++) {
        self->parts[i] = (struct iovec){self->data[i], MAX_DATAGRAM_BYTES};
        self->vector[i].msg_hdr = (struct msghdr){
            .msg_name = &self->names[i],
            .msg_namelen = sizeof(self->names[i]),
            .msg_iov = &self->parts[i],
            .msg_iovlen = 1,
            .msg_control = self->control[i].bytes,
            .msg_controllen = sizeof(self->control[i].bytes),
        };
    }
    PyObject *found = PyList_New(0);
    if (found == NULL)
        return NULL;
    int count = recvmmsg(descriptor, self->vector, PER_TURN, MSG_DONTWAIT, NULL);
    if (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        self->errors++; /* an ICMP error of an earlier send; says nothing about this socket */
    for (int i = 0; i < count; i++)
        if (!keep(self, i, now, found)) {
            Py_DECREF(found);
            return NULL;
        }
    return found;
}

static PyMethodDef Reader_methods[] = {
    {"read", (PyCFunction)Reader_read, METH_O, "read(now) -> [(data, path, arrival)]"},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef Reader_members[] = {
    {"errors", T_ULONGLONG, offsetof(Reader, errors), READONLY, NULL},
    {"too_long", T_ULONGLONG, offsetof(Reader, too_long), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

PyTypeObject ReaderType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "streaming.twin._twin.Reader",
    .tp_doc = "Reads datagrams from one socket.",
    .tp_basicsize = sizeof(Reader),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = Reader_new,
    .tp_dealloc = (destructor)Reader_dealloc,
    .tp_methods = Reader_methods,
    .tp_members = Reader_members,
};
