/* Paths, as Python has them, and socket addresses, as the kernel has them. */
#include "twin.h"

#include <arpa/inet.h>

static long number_at(PyObject *tuple, Py_ssize_t index)
{
    PyObject *item = PyTuple_GET_ITEM(tuple, index);
    if (!PyLong_Check(item))
        return -1;
    long value = PyLong_AsLong(item);
    if (value == -1)
        PyErr_Clear();
    return value;
}

static void read_address(PyObject *address, Destination *destination)
{
    Py_ssize_t count = PyTuple_GET_SIZE(address);
    if ((count != 2 && count != 4) || !PyUnicode_Check(PyTuple_GET_ITEM(address, 0)))
        return;
    const char *host = PyUnicode_AsUTF8(PyTuple_GET_ITEM(address, 0));
    long port = number_at(address, 1);
    if (host == NULL) {
        PyErr_Clear();
        return;
    }
    if (port < 0 || port > 65535)
        return;
    struct sockaddr_in *v4 = &destination->name.v4;
    struct sockaddr_in6 *v6 = &destination->name.v6;
    if (count == 2 && inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        destination->size = sizeof(*v4);
    } else if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        if (count == 4) {
            v6->sin6_flowinfo = htonl((uint32_t)number_at(address, 2));
            v6->sin6_scope_id = (uint32_t)number_at(address, 3);
        }
        destination->size = sizeof(*v6);
    }
}

bool destination_of(PyObject *path, Destination *destination)
{
    memset(destination, 0, sizeof(*destination));
    if (!PyTuple_CheckExact(path) || PyTuple_GET_SIZE(path) != 2 || !PyLong_Check(PyTuple_GET_ITEM(path, 0))
        || !PyTuple_CheckExact(PyTuple_GET_ITEM(path, 1))) {
        PyErr_SetString(PyExc_TypeError, "a path is (number of the socket, address)");
        return false;
    }
    long number = PyLong_AsLong(PyTuple_GET_ITEM(path, 0));
    if (number == -1 && PyErr_Occurred())
        return false;
    if (number < INT32_MIN || number > INT32_MAX) {
        PyErr_SetString(PyExc_OverflowError, "the number of a socket has 32 bits");
        return false;
    }
    destination->number = (int)number;
    read_address(PyTuple_GET_ITEM(path, 1), destination);
    return true;
}

PyObject *path_of(const struct sockaddr_storage *name, int number)
{
    char host[INET6_ADDRSTRLEN];
    if (name->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)name;
        if (inet_ntop(AF_INET, &v4->sin_addr, host, sizeof(host)) != NULL)
            return Py_BuildValue("(i(si))", number, host, (int)ntohs(v4->sin_port));
    } else if (name->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)name;
        if (inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof(host)) != NULL)
            return Py_BuildValue("(i(siII))", number, host, (int)ntohs(v6->sin6_port),
                                 (unsigned int)ntohl(v6->sin6_flowinfo), (unsigned int)v6->sin6_scope_id);
    }
    return PyErr_SetFromErrno(PyExc_OSError);
}
