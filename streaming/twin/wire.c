/* RTP packets as bytes (RFC 3550, RFC 8285): the same answers as streaming/rtp/packet.py. */
#include "twin.h"

#define ONE_BYTE_PROFILE 0xBEDE
#define TWO_BYTE_PROFILE 0x1000

Py_ssize_t header_length(const uint8_t *data, Py_ssize_t size)
{
    if (size < 12 || data[0] >> 6 != 2)
        return -1;
    Py_ssize_t length = 12 + 4 * (data[0] & 0x0F);
    if (data[0] & 0x10) {
        if (size < length + 4)
            return -1;
        length += 4 + 4 * (Py_ssize_t)get16(data + length + 2);
    }
    return length <= size ? length : -1;
}

static bool append_element(PyObject *found, int number, const uint8_t *value, Py_ssize_t size)
{
    PyObject *element = Py_BuildValue("(iy#)", number, (const char *)value, size);
    if (element == NULL)
        return false;
    int failed = PyList_Append(found, element);
    Py_DECREF(element);
    return failed == 0;
}

/* Elements of the block data[at:end], which begins with its profile word. */
static PyObject *parse_extensions(const uint8_t *data, Py_ssize_t at, Py_ssize_t end)
{
    bool is_one_byte = get16(data + at) == ONE_BYTE_PROFILE;
    if (!is_one_byte && (get16(data + at) & 0xFFF0) != TWO_BYTE_PROFILE)
        return PyTuple_New(0);
    PyObject *found = PyList_New(0);
    if (found == NULL)
        return NULL;
    at += 4;
    while (at < end) {
        if (data[at] == 0) {
            at++;
            continue;
        }
        int number;
        Py_ssize_t size;
        if (is_one_byte) {
            number = data[at] >> 4;
            size = (data[at] & 0x0F) + 1;
            at += 1;
            if (number == 15)
                break;
        } else {
            if (at + 2 > end)
                break;
            number = data[at];
            size = data[at + 1];
            at += 2;
        }
        if (at + size > end)
            break;
        if (!append_element(found, number, data + at, size)) {
            Py_DECREF(found);
            return NULL;
        }
        at += size;
    }
    PyObject *elements = PyList_AsTuple(found);
    Py_DECREF(found);
    return elements;
}

static PyObject *packet_type(void)
{
    static PyObject *type = NULL;
    if (type == NULL) {
        PyObject *module = PyImport_ImportModule("streaming.rtp.packet");
        if (module != NULL) {
            type = PyObject_GetAttrString(module, "RtpPacket");
            Py_DECREF(module);
        }
    }
    return type;
}

PyObject *twin_parse(PyObject *Py_UNUSED(module), PyObject *packet)
{
    if (!PyBytes_Check(packet)) {
        PyErr_SetString(PyExc_TypeError, "a packet is bytes");
        return NULL;
    }
    const uint8_t *data = (const uint8_t *)PyBytes_AS_STRING(packet);
    Py_ssize_t end = PyBytes_GET_SIZE(packet);
    Py_ssize_t start = header_length(data, end);
    if (start < 0)
        Py_RETURN_NONE;
    if (data[0] & 0x20) {
        Py_ssize_t padding = end > start ? data[end - 1] : 0;
        if (padding == 0 || padding > end - start)
            Py_RETURN_NONE;
        end -= padding;
    }
    PyObject *type = packet_type();
    if (type == NULL)
        return NULL;
    PyObject *fields[7] = {
        PyBool_FromLong(data[1] >> 7),
        PyLong_FromLong(data[1] & 0x7F),
        PyLong_FromLong(get16(data + 2)),
        PyLong_FromUnsignedLong(get32(data + 4)),
        PyLong_FromUnsignedLong(get32(data + 8)),
        data[0] & 0x10 ? parse_extensions(data, 12 + 4 * (data[0] & 0x0F), start) : PyTuple_New(0),
        PyBytes_FromStringAndSize((const char *)data + start, end - start),
    };
    PyObject *parsed = NULL;
    bool is_complete = true;
    for (int i = 0; i < 7; i++)
        is_complete = is_complete && fields[i] != NULL;
    if (is_complete)
        parsed = PyObject_Vectorcall(type, fields, 7, NULL);
    for (int i = 0; i < 7; i++)
        Py_XDECREF(fields[i]);
    return parsed;
}
