/* One published packet becomes one datagram per lane (see hot_path/python.py, which says the same in Python). */
#include "twin.h"

#define ONE_BYTE_PROFILE 0xBEDE
#define TWO_BYTE_PROFILE 0x1000
#define FIXED_HEADER 12

typedef struct {
    long long ext_seq;
    long long timestamp;
    bool marker;
    double arrival;
    long long picture_id_at;
    long long tl0_pic_idx_at;
    PyObject *extensions; /* tuple of (uri, bytes), owned */
    PyObject *payload;    /* bytes, owned */
    uint64_t call;        /* number of this call, so that a style knows whether its block is of this one */
} Packet;

/* ── reading a ForwardPacket ── */

static bool read_number(PyObject *packet, const char *name, long long *value)
{
    PyObject *attribute = PyObject_GetAttrString(packet, name);
    if (attribute == NULL)
        return false;
    *value = PyLong_AsLongLong(attribute);
    Py_DECREF(attribute);
    return *value != -1 || !PyErr_Occurred();
}

static bool read_packet(PyObject *from, Packet *packet)
{
    long long marker;
    memset(packet, 0, sizeof(*packet));
    if (!read_number(from, "ext_seq", &packet->ext_seq) || !read_number(from, "timestamp", &packet->timestamp)
        || !read_number(from, "marker", &marker) || !read_number(from, "picture_id_at", &packet->picture_id_at)
        || !read_number(from, "tl0_pic_idx_at", &packet->tl0_pic_idx_at))
        return false;
    packet->marker = marker != 0;
    PyObject *arrival = PyObject_GetAttrString(from, "arrival");
    if (arrival == NULL)
        return false;
    packet->arrival = PyFloat_AsDouble(arrival);
    Py_DECREF(arrival);
    if (packet->arrival == -1.0 && PyErr_Occurred())
        return false;
    packet->extensions = PyObject_GetAttrString(from, "extensions");
    packet->payload = packet->extensions == NULL ? NULL : PyObject_GetAttrString(from, "payload");
    if (packet->payload == NULL)
        return false;
    if (PyTuple_Check(packet->extensions) && PyBytes_Check(packet->payload))
        return true;
    PyErr_SetString(PyExc_TypeError, "extensions are a tuple and a payload is bytes");
    return false;
}

/* ── header extensions ── */

static bool make_room(Style *style, size_t size)
{
    if (size <= style->block_room)
        return true;
    uint8_t *block = PyMem_Realloc(style->block, size);
    if (block == NULL) {
        PyErr_NoMemory();
        return false;
    }
    style->block = block;
    style->block_room = size;
    return true;
}

static size_t put_element(uint8_t *at, bool is_one_byte, int number, const uint8_t *value, size_t size)
{
    size_t head = is_one_byte ? 1 : 2;
    if (is_one_byte) {
        at[0] = (uint8_t)(number << 4 | (int)(size - 1));
    } else {
        at[0] = (uint8_t)number;
        at[1] = (uint8_t)size;
    }
    memcpy(at + head, value, size);
    return head + size;
}

typedef struct {
    int number;
    const uint8_t *value;
    size_t size;
} Element;

/* Those elements of the packet that the subscriber numbers; -1 with an exception. Values stay the packet's. */
static Py_ssize_t forwarded_elements(const Packet *packet, const Style *style, Element *elements)
{
    Py_ssize_t found = 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(packet->extensions); i++) {
        PyObject *element = PyTuple_GET_ITEM(packet->extensions, i);
        if (!PyTuple_Check(element) || PyTuple_GET_SIZE(element) != 2 || !PyBytes_Check(PyTuple_GET_ITEM(element, 1))
            || PyBytes_GET_SIZE(PyTuple_GET_ITEM(element, 1)) > 255) {
            PyErr_SetString(PyExc_TypeError, "an extension is (uri, at most 255 bytes)");
            return -1;
        }
        PyObject *number = PyDict_GetItemWithError(style->ids, PyTuple_GET_ITEM(element, 0));
        if (number == NULL && PyErr_Occurred())
            return -1;
        if (number == NULL)
            continue;
        elements[found].number = (int)PyLong_AsLong(number);
        elements[found].value = (const uint8_t *)PyBytes_AS_STRING(PyTuple_GET_ITEM(element, 1));
        elements[found].size = (size_t)PyBytes_GET_SIZE(PyTuple_GET_ITEM(element, 1));
        found++;
    }
    return found;
}

static bool write_block(Style *style, const Element *elements, Py_ssize_t count)
{
    bool is_one_byte = true;
    size_t room = 4 + 3;
    for (Py_ssize_t i = 0; i < count; i++) {
        const Element *one = &elements[i];
        is_one_byte = is_one_byte && one->number >= 1 && one->number <= 14 && one->size >= 1 && one->size <= 16;
        room += 2 + one->size;
    }
    style->block_size = 0;
    if (count == 0)
        return true;
    if (!make_room(style, room))
        return false;
    size_t at = 4;
    for (Py_ssize_t i = 0; i < count; i++)
        at += put_element(style->block + at, is_one_byte, elements[i].number, elements[i].value, elements[i].size);
    while (at % 4)
        style->block[at++] = 0;
    put16(style->block, is_one_byte ? ONE_BYTE_PROFILE : TWO_BYTE_PROFILE);
    put16(style->block + 2, (uint32_t)(at / 4 - 1));
    style->block_size = at;
    return true;
}

/* abs-send-time: seconds modulo 64 with 18 bits of fraction. */
static void put_send_time(uint8_t *at, double now)
{
    uint32_t value = (uint32_t)((int64_t)(now * 262144.0) & 0xFFFFFF);
    at[0] = (uint8_t)(value >> 16);
    put16(at + 1, value);
}

static bool build_block(Style *style, const Packet *packet, double now)
{
    uint8_t send_time[3];
    Py_ssize_t most = PyTuple_GET_SIZE(packet->extensions) + 2;
    Element *elements = PyMem_Calloc((size_t)most, sizeof(Element));
    if (elements == NULL) {
        PyErr_NoMemory();
        return false;
    }
    Py_ssize_t count = 0;
    if (style->mid_id >= 0)
        elements[count++] = (Element){style->mid_id, (const uint8_t *)PyBytes_AS_STRING(style->mid),
                                      (size_t)PyBytes_GET_SIZE(style->mid)};
    Py_ssize_t found = forwarded_elements(packet, style, elements + count);
    bool is_done = false;
    if (found >= 0) {
        count += found;
        if (style->send_time_id) {
            put_send_time(send_time, style->repeats ? packet->arrival : now);
            elements[count++] = (Element){style->send_time_id, send_time, sizeof(send_time)};
        }
        is_done = write_block(style, elements, count);
    }
    PyMem_Free(elements);
    return is_done;
}

/* ── one lane ── */

/* Move VP8's picture id and TL0PICIDX (RFC 7741 section 4.2) in a copy of the payload. */
static void shift(uint8_t *payload, long long size, const Packet *packet, const Lane *lane)
{
    long long at = packet->picture_id_at;
    if (lane->picture_id_offset && at >= 0 && at < size) {
        uint32_t offset = (uint32_t)lane->picture_id_offset;
        if (!(payload[at] & 0x80))
            payload[at] = (uint8_t)((payload[at] + offset) & 0x7F);
        else if (at + 1 < size)
            put16(payload + at, 0x8000 | ((get16(payload + at) + offset) & 0x7FFF));
    }
    at = packet->tl0_pic_idx_at;
    if (lane->tl0_pic_idx_offset && at >= 0 && at < size)
        payload[at] = (uint8_t)(payload[at] + (uint32_t)lane->tl0_pic_idx_offset);
}

static bool is_shifted(const Packet *packet, const Lane *lane)
{
    return (packet->picture_id_at >= 0 || packet->tl0_pic_idx_at >= 0)
           && (lane->picture_id_offset || lane->tl0_pic_idx_offset);
}

static void put_header(uint8_t *at, const Packet *packet, const Lane *lane, uint64_t index)
{
    at[0] = lane->style->block_size ? 0x90 : 0x80;
    at[1] = (uint8_t)((packet->marker ? 0x80 : 0) | lane->payload_type);
    put16(at + 2, (uint32_t)(index & 0xFFFF));
    put32(at + 4, (uint32_t)((uint64_t)packet->timestamp + (uint64_t)lane->timestamp_offset));
    put32(at + 8, lane->ssrc);
    if (lane->style->block_size)
        memcpy(at + FIXED_HEADER, lane->style->block, lane->style->block_size);
}

/* 1: done, 0: no room (counted), -1: exception. */
static int seal(const Packet *packet, Lane *lane, Batch *batch)
{
    uint64_t index = (uint64_t)packet->ext_seq + (uint64_t)lane->seq_offset;
    size_t header_size = FIXED_HEADER + lane->style->block_size;
    size_t size = (size_t)PyBytes_GET_SIZE(packet->payload);
    size_t total = header_size + size + TAG_BYTES;
    if (lane->destination.number == NO_NUMBER)
        return 1;
    uint8_t *at = batch_reserve(batch, total);
    if (at == NULL)
        return PyErr_Occurred() ? -1 : 0;
    uint8_t nonce[NONCE_BYTES];
    const uint8_t *plain = (const uint8_t *)PyBytes_AS_STRING(packet->payload);
    make_nonce(nonce, lane->salt, lane->ssrc, index);
    put_header(at, packet, lane, index);
    if (is_shifted(packet, lane)) {
        memcpy(at + header_size, plain, size);
        shift(at + header_size, (long long)size, packet, lane);
        plain = at + header_size;
    }
    if (!gcm_seal(lane->gcm, nonce, at, (int)header_size, plain, (int)size, at + header_size)) {
        batch_cancel(batch, total);
        PyErr_SetString(PyExc_RuntimeError, "OpenSSL could not seal a packet");
        return -1;
    }
    return batch_commit(batch, lane, lane->path, &lane->destination, at, total, lane->is_urgent) ? 1 : -1;
}

/* The same through Python, for peers without AES-GCM. 0: too long for the profile. */
static int seal_by_call(const Packet *packet, Lane *lane, Batch *batch)
{
    long long index = (long long)((uint64_t)packet->ext_seq + (uint64_t)lane->seq_offset);
    size_t header_size = FIXED_HEADER + lane->style->block_size;
    PyObject *header = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)header_size);
    PyObject *body = Py_NewRef(packet->payload);
    PyObject *datagram = NULL;
    int result = -1;
    if (header == NULL)
        goto done;
    put_header((uint8_t *)PyBytes_AS_STRING(header), packet, lane, (uint64_t)index);
    if (is_shifted(packet, lane)) {
        Py_ssize_t size = PyBytes_GET_SIZE(packet->payload);
        /* Given the text at once, Python would share objects of one byte. */
        Py_SETREF(body, PyBytes_FromStringAndSize(NULL, size));
        if (body == NULL)
            goto done;
        memcpy(PyBytes_AS_STRING(body), PyBytes_AS_STRING(packet->payload), (size_t)size);
        shift((uint8_t *)PyBytes_AS_STRING(body), size, packet, lane);
    }
    datagram = PyObject_CallFunction(lane->protect, "OOIL", header, body, lane->ssrc, index);
    if (datagram == NULL)
        goto done;
    if (datagram == Py_None) {
        lane->too_long++;
        result = 0;
    } else if (!PyBytes_Check(datagram)) {
        PyErr_SetString(PyExc_TypeError, "protect returns bytes or None");
    } else if (batch_copy(batch, lane->path, &lane->destination, (const uint8_t *)PyBytes_AS_STRING(datagram),
                          (size_t)PyBytes_GET_SIZE(datagram), lane->is_urgent)) {
        result = 1;
    }
done:
    Py_XDECREF(header);
    Py_XDECREF(body);
    Py_XDECREF(datagram);
    return result;
}

/* 1: went out, 0: did not, -1: exception. */
static int forward_to(const Packet *packet, Lane *lane, Batch *batch, double now)
{
    Style *style = lane->style;
    if (style == NULL || (lane->gcm == NULL && lane->protect == NULL))
        return 0;
    if (PyBytes_GET_SIZE(packet->payload) > MAX_PAYLOAD_BYTES) {
        lane->too_long++;
        return 0;
    }
    if (style->built_for != packet->call) {
        if (!build_block(style, packet, now))
            return -1;
        style->built_for = packet->call;
    }
    if (lane->gcm == NULL) {
        int result = seal_by_call(packet, lane, batch);
        if (result <= 0)
            return result;
    } else if (seal(packet, lane, batch) < 0) {
        return -1;
    }
    lane->packets++;
    lane->octets += (unsigned long long)PyBytes_GET_SIZE(packet->payload);
    return 1;
}

PyObject *twin_forward(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t count)
{
    if (count != 4 || !PyObject_TypeCheck(arguments[2], &BatchType)) {
        PyErr_SetString(PyExc_TypeError, "forward(packet, lanes, batch, now)");
        return NULL;
    }
    static uint64_t calls;
    Batch *batch = (Batch *)arguments[2];
    double now = PyFloat_AsDouble(arguments[3]);
    if (now == -1.0 && PyErr_Occurred())
        return NULL;
    Packet packet;
    /* A tuple of our own: `protect` may run Python code that changes the caller's list. */
    PyObject *lanes = NULL;
    bool is_urgent = false, is_any = false, failed = true;
    if (!read_packet(arguments[0], &packet))
        goto done;
    lanes = PySequence_Tuple(arguments[1]);
    if (lanes == NULL)
        goto done;
    packet.call = ++calls;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(lanes); i++) {
        PyObject *lane = PyTuple_GET_ITEM(lanes, i);
        if (!PyObject_TypeCheck(lane, &LaneType)) {
            PyErr_SetString(PyExc_TypeError, "a lane is a Lane");
            goto done;
        }
        int result = forward_to(&packet, (Lane *)lane, batch, now);
        if (result < 0)
            goto done;
        if (result > 0) {
            is_any = true;
            is_urgent = ((Lane *)lane)->is_urgent;
        }
    }
    if (is_any)
        batch_mark(batch, is_urgent);
    failed = false;
done:
    Py_XDECREF(lanes);
    Py_XDECREF(packet.extensions);
    Py_XDECREF(packet.payload);
    if (failed)
        return NULL;
    Py_RETURN_NONE;
}
