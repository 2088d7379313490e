/* AES-128-GCM on OpenSSL with the key set once, and SRTP from one peer (RFC 7714, RFC 3711 section 3.3). */
#include "twin.h"

#define REPLAY_WINDOW 1024
#define MOST_STREAMS 65536

static EVP_CIPHER_CTX *keyed(const uint8_t *key, int is_sealing)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (context != NULL && EVP_CipherInit_ex(context, EVP_aes_128_gcm(), NULL, key, NULL, is_sealing) == 1)
        return context;
    EVP_CIPHER_CTX_free(context);
    PyErr_SetString(PyExc_RuntimeError, "OpenSSL refuses AES-128-GCM");
    return NULL;
}

/* ── sealing ── */

static PyObject *Gcm_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"key", NULL};
    const char *key;
    Py_ssize_t size;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "y#", names, &key, &size))
        return NULL;
    if (size != 16) {
        PyErr_SetString(PyExc_ValueError, "the key must have 16 bytes");
        return NULL;
    }
    Gcm *self = (Gcm *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->context = keyed((const uint8_t *)key, 1);
    if (self->context == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static void Gcm_dealloc(Gcm *self)
{
    EVP_CIPHER_CTX_free(self->context);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

bool gcm_seal(Gcm *gcm, const uint8_t *nonce, const uint8_t *header, int header_size, const uint8_t *plain, int size,
              uint8_t *sealed)
{
    EVP_CIPHER_CTX *context = gcm->context;
    int written = 0, rest = 0;
    return EVP_EncryptInit_ex(context, NULL, NULL, NULL, nonce) == 1
           && EVP_EncryptUpdate(context, NULL, &written, header, header_size) == 1
           && EVP_EncryptUpdate(context, sealed, &written, plain, size) == 1 && written == size
           && EVP_EncryptFinal_ex(context, sealed + size, &rest) == 1 && rest == 0
           && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, sealed + size) == 1;
}

PyTypeObject GcmType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "streaming.twin._twin.Gcm",
    .tp_doc = "An AES-128-GCM key, ready to seal.",
    .tp_basicsize = sizeof(Gcm),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = Gcm_new,
    .tp_dealloc = (destructor)Gcm_dealloc,
};

/* ── receiving ── */

typedef struct {
    int64_t highest;
    uint64_t used_at;
    uint64_t seen[REPLAY_WINDOW / 64]; /* bit of an index: index modulo REPLAY_WINDOW */
} Window;

typedef struct {
    PyObject_HEAD
    EVP_CIPHER_CTX *context;
    uint8_t salt[NONCE_BYTES];
    int count, room, limit;
    uint64_t uses;
    uint32_t *ssrcs; /* of the windows, apart from them because every packet looks through these */
    Window *windows;
} RtpReceiver;

static inline uint64_t *word_of(Window *window, int64_t index) { return &window->seen[(index % REPLAY_WINDOW) / 64]; }
static inline uint64_t bit_of(int64_t index) { return (uint64_t)1 << (index % 64); }

static bool is_fresh(Window *window, int64_t index)
{
    int64_t behind = window->highest - index;
    return behind < 0 || (behind < REPLAY_WINDOW && !(*word_of(window, index) & bit_of(index)));
}

static void note(Window *window, int64_t index)
{
    if (index - window->highest >= REPLAY_WINDOW) {
        memset(window->seen, 0, sizeof(window->seen));
        window->highest = index;
    }
    while (window->highest < index) {
        window->highest++;
        *word_of(window, window->highest) &= ~bit_of(window->highest);
    }
    *word_of(window, index) |= bit_of(index);
}

static Window *window_of(RtpReceiver *self, uint32_t ssrc)
{
    for (int i = 0; i < self->count; i++)
        if (self->ssrcs[i] == ssrc)
            return &self->windows[i];
    return NULL;
}

static bool make_room(RtpReceiver *self)
{
    if (self->count < self->room)
        return true;
    int room = self->room == 0 ? 4 : self->room * 2;
    if (room > self->limit)
        room = self->limit;
    uint32_t *ssrcs = PyMem_Realloc(self->ssrcs, (size_t)room * sizeof(*ssrcs));
    if (ssrcs != NULL)
        self->ssrcs = ssrcs;
    Window *windows = PyMem_Realloc(self->windows, (size_t)room * sizeof(*windows));
    if (windows != NULL)
        self->windows = windows;
    if (ssrcs == NULL || windows == NULL)
        return false;
    self->room = room;
    return true;
}

/* A window for a new stream, NULL without memory. With too many, the one used longest ago is forgotten. */
static Window *new_window(RtpReceiver *self, uint32_t ssrc)
{
    int chosen = 0;
    if (self->count < self->limit) {
        if (!make_room(self))
            return NULL;
        chosen = self->count++;
    } else {
        for (int i = 1; i < self->count; i++)
            if (self->windows[i].used_at < self->windows[chosen].used_at)
                chosen = i;
    }
    Window *window = &self->windows[chosen];
    memset(window, 0, sizeof(*window));
    window->highest = -1;
    self->ssrcs[chosen] = ssrc;
    return window;
}

static PyObject *RtpReceiver_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"key", "salt", "max_streams", NULL};
    const char *key, *salt;
    Py_ssize_t key_size, salt_size;
    int limit;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "y#y#i", names, &key, &key_size, &salt, &salt_size, &limit))
        return NULL;
    if (limit < 1 || limit > MOST_STREAMS) {
        PyErr_SetString(PyExc_ValueError, "max_streams must be 1 to 65536");
        return NULL;
    }
    if (key_size != 16 || salt_size != NONCE_BYTES) {
        PyErr_SetString(PyExc_ValueError, "the key must have 16 bytes and the salt 12");
        return NULL;
    }
    RtpReceiver *self = (RtpReceiver *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    memcpy(self->salt, salt, NONCE_BYTES);
    self->limit = limit;
    self->context = keyed((const uint8_t *)key, 0);
    if (self->context == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static void RtpReceiver_dealloc(RtpReceiver *self)
{
    PyMem_Free(self->ssrcs);
    PyMem_Free(self->windows);
    EVP_CIPHER_CTX_free(self->context);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static bool open_sealed(EVP_CIPHER_CTX *context, const uint8_t *nonce, const uint8_t *data, int header_size, int size,
                        uint8_t *plain)
{
    uint8_t tag[TAG_BYTES];
    int written = 0, rest = 0;
    memcpy(tag, data + header_size + size, TAG_BYTES);
    return EVP_DecryptInit_ex(context, NULL, NULL, NULL, nonce) == 1
           && EVP_DecryptUpdate(context, NULL, &written, data, header_size) == 1
           && EVP_DecryptUpdate(context, plain, &written, data + header_size, size) == 1 && written == size
           && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, tag) == 1
           && EVP_DecryptFinal_ex(context, plain + size, &rest) == 1;
}

static PyObject *RtpReceiver_unprotect_rtp(RtpReceiver *self, PyObject *packet)
{
    if (!PyBytes_Check(packet)) {
        PyErr_SetString(PyExc_TypeError, "a packet is bytes");
        return NULL;
    }
    const uint8_t *data = (const uint8_t *)PyBytes_AS_STRING(packet);
    Py_ssize_t size = PyBytes_GET_SIZE(packet);
    Py_ssize_t start = header_length(data, size);
    if (start < 0 || size < start + TAG_BYTES || size > MAX_PAYLOAD_BYTES)
        Py_RETURN_NONE;
    uint32_t ssrc = get32(data + 8);
    int64_t index = get16(data + 2);
    Window *window = window_of(self, ssrc);
    if (window != NULL)
        index = window->highest + (int64_t)((uint64_t)(index - window->highest + 32768) & 0xFFFF) - 32768;
    if (index < 0 || (window != NULL && !is_fresh(window, index)))
        Py_RETURN_NONE;
    PyObject *plain = PyBytes_FromStringAndSize(NULL, size - TAG_BYTES);
    if (plain == NULL)
        return NULL;
    uint8_t *target = (uint8_t *)PyBytes_AS_STRING(plain);
    uint8_t nonce[NONCE_BYTES];
    make_nonce(nonce, self->salt, ssrc, (uint64_t)index);
    memcpy(target, data, (size_t)start);
    if (!open_sealed(self->context, nonce, data, (int)start, (int)(size - TAG_BYTES - start), target + start)) {
        Py_DECREF(plain);
        Py_RETURN_NONE;
    }
    if (window == NULL)
        window = new_window(self, ssrc);
    if (window == NULL) {
        Py_DECREF(plain);
        return PyErr_NoMemory();
    }
    window->used_at = ++self->uses;
    note(window, index);
    return plain;
}

static PyMethodDef RtpReceiver_methods[] = {
    {"unprotect_rtp", (PyCFunction)RtpReceiver_unprotect_rtp, METH_O, "The RTP packet; None when it is refused."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject RtpReceiverType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "streaming.twin._twin.RtpReceiver",
    .tp_doc = "SRTP with AES-128-GCM from one peer: index estimation, replay window, decryption.",
    .tp_basicsize = sizeof(RtpReceiver),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = RtpReceiver_new,
    .tp_dealloc = (destructor)RtpReceiver_dealloc,
    .tp_methods = RtpReceiver_methods,
};
