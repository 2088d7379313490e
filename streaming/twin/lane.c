/* Lanes: how packets look and where they go for one SSRC of one subscriber (see hot_path/python.py). */
#include "twin.h"

#include <structmember.h>

/* ── styles ── */

static bool is_number(long number, long least)
{
    if (number >= least && number <= 255)
        return true;
    if (!PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "the id of a header extension has 8 bits");
    return false;
}

static PyObject *Style_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"mid", "mid_id", "ids", "send_time_id", "repeats", NULL};
    PyObject *mid, *ids;
    int mid_id, send_time_id, repeats;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "SiO!ip", names, &mid, &mid_id, &PyDict_Type, &ids, &send_time_id,
                                     &repeats))
        return NULL;
    if (PyBytes_GET_SIZE(mid) > 255) {
        PyErr_SetString(PyExc_ValueError, "a MID has at most 255 bytes");
        return NULL;
    }
    if (!is_number(mid_id, -1) || !is_number(send_time_id, 0))
        return NULL;
    PyObject *uri, *number;
    Py_ssize_t at = 0;
    while (PyDict_Next(ids, &at, &uri, &number))
        if (!PyLong_Check(number) || !is_number(PyLong_AsLong(number), 0)) {
            if (!PyErr_Occurred())
                PyErr_SetString(PyExc_TypeError, "the id of a header extension is a number");
            return NULL;
        }
    Style *self = (Style *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->ids = PyDict_Copy(ids);
    self->mid = Py_NewRef(mid);
    self->mid_id = mid_id;
    self->send_time_id = send_time_id;
    self->repeats = repeats != 0;
    if (self->ids == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static void Style_dealloc(Style *self)
{
    Py_CLEAR(self->ids);
    Py_CLEAR(self->mid);
    PyMem_Free(self->block);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

PyTypeObject StyleType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "streaming.twin._twin.Style",
    .tp_doc = "How a subscriber wants header extensions; shared by all who want the same.",
    .tp_basicsize = sizeof(Style),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = Style_new,
    .tp_dealloc = (destructor)Style_dealloc,
};

/* ── lanes ── */

static PyObject *Lane_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    Lane *self = (Lane *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->destination.number = NO_NUMBER;
    self->path = Py_BuildValue("(i(si))", NO_NUMBER, "", 0);
    if (self->path == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

/* Called once by the Python class, with checked arguments. */
static PyObject *Lane_begin(Lane *self, PyObject *args)
{
    unsigned long ssrc;
    int is_urgent;
    PyObject *style;
    if (!PyArg_ParseTuple(args, "kO!p", &ssrc, &StyleType, &style, &is_urgent))
        return NULL;
    self->ssrc = (unsigned int)ssrc;
    self->is_urgent = (char)is_urgent;
    self->open_batch = 0;
    Py_XSETREF(self->style, (Style *)Py_NewRef(style));
    Py_RETURN_NONE;
}

static PyObject *Lane_seal_with(Lane *self, PyObject *args)
{
    PyObject *gcm;
    const char *salt;
    Py_ssize_t size;
    if (!PyArg_ParseTuple(args, "O!y#", &GcmType, &gcm, &salt, &size))
        return NULL;
    if (size != NONCE_BYTES) {
        PyErr_SetString(PyExc_ValueError, "the salt must have 12 bytes");
        return NULL;
    }
    memcpy(self->salt, salt, NONCE_BYTES);
    Py_XSETREF(self->gcm, (Gcm *)Py_NewRef(gcm));
    Py_CLEAR(self->protect);
    Py_RETURN_NONE;
}

static PyObject *Lane_call_to_protect(Lane *self, PyObject *protect)
{
    Py_XSETREF(self->protect, Py_NewRef(protect));
    Py_CLEAR(self->gcm);
    Py_RETURN_NONE;
}

static PyObject *Lane_get_path(Lane *self, void *Py_UNUSED(closure)) { return Py_NewRef(self->path); }

static int Lane_set_path(Lane *self, PyObject *path, void *Py_UNUSED(closure))
{
    Destination destination;
    if (path == NULL) {
        PyErr_SetString(PyExc_TypeError, "a lane always has a path");
        return -1;
    }
    if (!destination_of(path, &destination))
        return -1;
    self->destination = destination;
    self->open_batch = 0; /* what waits for the old address is not joined */
    Py_XSETREF(self->path, Py_NewRef(path));
    return 0;
}

static void Lane_dealloc(Lane *self)
{
    Py_CLEAR(self->path);
    Py_CLEAR(self->style);
    Py_CLEAR(self->gcm);
    Py_CLEAR(self->protect);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyMethodDef Lane_methods[] = {
    {"_begin", (PyCFunction)Lane_begin, METH_VARARGS, "(ssrc, style, is_urgent)"},
    {"_seal_with", (PyCFunction)Lane_seal_with, METH_VARARGS, "(Gcm, salt)"},
    {"_call_to_protect", (PyCFunction)Lane_call_to_protect, METH_O, "protect(header, payload, ssrc, index)"},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef Lane_members[] = {
    {"ssrc", T_UINT, offsetof(Lane, ssrc), READONLY, NULL},
    {"is_urgent", T_BOOL, offsetof(Lane, is_urgent), READONLY, NULL},
    {"payload_type", T_UBYTE, offsetof(Lane, payload_type), 0, NULL},
    {"seq_offset", T_LONGLONG, offsetof(Lane, seq_offset), 0, NULL},
    {"timestamp_offset", T_LONGLONG, offsetof(Lane, timestamp_offset), 0, NULL},
    {"picture_id_offset", T_LONGLONG, offsetof(Lane, picture_id_offset), 0, NULL},
    {"tl0_pic_idx_offset", T_LONGLONG, offsetof(Lane, tl0_pic_idx_offset), 0, NULL},
    {"packets", T_ULONGLONG, offsetof(Lane, packets), 0, NULL},
    {"octets", T_ULONGLONG, offsetof(Lane, octets), 0, NULL},
    {"too_long", T_ULONGLONG, offsetof(Lane, too_long), 0, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef Lane_getset[] = {
    {"path", (getter)Lane_get_path, (setter)Lane_set_path, "Where its packets go.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject LaneType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "streaming.twin._twin.Lane",
    .tp_doc = "How packets look and where they go for one SSRC of one subscriber.",
    .tp_basicsize = sizeof(Lane),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_new = Lane_new,
    .tp_dealloc = (destructor)Lane_dealloc,
    .tp_methods = Lane_methods,
    .tp_members = Lane_members,
    .tp_getset = Lane_getset,
};
