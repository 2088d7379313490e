/* The compiled twin of the hot path: what its parts know of each other.
 *
 * docs/decisions/0007-compiled-twin.md says what this code may do. In short: it never keeps a pointer into a
 * Python object without a reference to it, every length that a peer chose is compared with what is there before
 * it is used, and it never lets go of the interpreter lock, so that no other thread sees anything half done.
 */
#ifndef LECTERN_TWIN_H
#define LECTERN_TWIN_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <netinet/in.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define TAG_BYTES 16
#define NONCE_BYTES 12
#define MAX_PAYLOAD_BYTES 60000
#define NO_NUMBER (-1)

/* ── numbers in network order ── */

static inline uint16_t get16(const uint8_t *at) { return (uint16_t)(at[0] << 8 | at[1]); }
static inline uint32_t get32(const uint8_t *at) { return (uint32_t)get16(at) << 16 | get16(at + 2); }
static inline void put16(uint8_t *at, uint32_t value) { at[0] = (uint8_t)(value >> 8); at[1] = (uint8_t)value; }
static inline void put32(uint8_t *at, uint32_t value) { put16(at, value >> 16); put16(at + 2, value); }

/* nonce = salt XOR (ssrc << 48 | index), 96 bits (RFC 7714 section 8.1) */
static inline void make_nonce(uint8_t nonce[NONCE_BYTES], const uint8_t salt[NONCE_BYTES], uint32_t ssrc, uint64_t index)
{
    uint8_t number[NONCE_BYTES] = {0};
    put32(number + 2, ssrc);
    put16(number + 6, (uint32_t)(index >> 32));
    put32(number + 8, (uint32_t)index);
    for (int i = 0; i < NONCE_BYTES; i++)
        nonce[i] = salt[i] ^ number[i];
}

/* ── gcm.c ── */

typedef struct {
    PyObject_HEAD
    EVP_CIPHER_CTX *context;
} Gcm;

extern PyTypeObject GcmType;
extern PyTypeObject RtpReceiverType;

/* Writes size + TAG_BYTES bytes to `sealed`, which may be `plain`. False when OpenSSL fails. */
bool gcm_seal(Gcm *gcm, const uint8_t *nonce, const uint8_t *header, int header_size, const uint8_t *plain, int size,
              uint8_t *sealed);

/* ── wire.c ── */

/* Bytes up to the payload of an RTP packet, -1 when it is none. */
Py_ssize_t header_length(const uint8_t *data, Py_ssize_t size);
PyObject *twin_parse(PyObject *module, PyObject *data);

/* ── address.c ── */

typedef struct {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } name;
    socklen_t size; /* 0: this is no address that we can send to ourselves */
    int number;
} Destination;

/* Reads a path; false with an exception when it is not (int, tuple). */
bool destination_of(PyObject *path, Destination *destination);
PyObject *path_of(const struct sockaddr_storage *name, int number);

/* ── batch.c ── */

typedef struct Batch Batch;
typedef struct Lane Lane;
extern PyTypeObject BatchType;

/* Where to write one datagram of `size` bytes; NULL when there is no room (counted) or no memory. */
uint8_t *batch_reserve(Batch *batch, size_t size);
/* The reserved bytes become a datagram. `lane` lets it join that lane's last message; NULL: it may not. */
bool batch_commit(Batch *batch, Lane *lane, PyObject *path, const Destination *destination, uint8_t *at, size_t size,
                  bool is_urgent);
/* The reserved bytes, the last ones, are given back. */
void batch_cancel(Batch *batch, size_t size);
/* Copies a datagram that Python made. False with an exception. */
bool batch_copy(Batch *batch, PyObject *path, const Destination *destination, const uint8_t *data, size_t size,
                bool is_urgent);
/* Everything of one packet is in: its latency is counted when the last of it has gone. */
void batch_mark(Batch *batch, bool is_urgent);

/* ── lane.c ── */

typedef struct {
    PyObject_HEAD
    PyObject *ids; /* {uri: id} */
    PyObject *mid; /* bytes */
    int mid_id;    /* -1: the subscriber numbers no MID */
    int send_time_id;
    bool repeats;
    uint64_t built_for; /* number of the forward call whose block is in `block` */
    uint8_t *block;
    size_t block_size;
    size_t block_room;
} Style;

struct Lane {
    PyObject_HEAD
    unsigned int ssrc;
    unsigned char payload_type;
    char is_urgent;
    long long seq_offset;
    long long timestamp_offset;
    long long picture_id_offset;
    long long tl0_pic_idx_offset;
    unsigned long long packets;
    unsigned long long octets;
    unsigned long long too_long;
    PyObject *path;
    Destination destination;
    Style *style;
    Gcm *gcm;
    uint8_t salt[NONCE_BYTES];
    PyObject *protect; /* used where there is no GCM key */
    uint64_t open_batch; /* serial of the batch that holds its last message */
    uint64_t open_message;
};

extern PyTypeObject StyleType;
extern PyTypeObject LaneType;

/* ── forward.c ── */

PyObject *twin_forward(PyObject *module, PyObject *const *arguments, Py_ssize_t count);

/* ── reader.c ── */

extern PyTypeObject ReaderType;

#endif
