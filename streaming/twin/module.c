/* The module streaming.twin._twin. */
#include "twin.h"

#ifndef SOURCES_DIGEST
#error "build with python -m streaming.twin.build"
#endif

static PyMethodDef functions[] = {
    {"forward", (PyCFunction)(void (*)(void))twin_forward, METH_FASTCALL, "forward(packet, lanes, batch, now)"},
    {"parse", twin_parse, METH_O, "The RTP packet in bytes, or None."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "streaming.twin._twin",
    .m_doc = "The compiled twin of the hot path.",
    .m_size = -1,
    .m_methods = functions,
};

PyMODINIT_FUNC PyInit__twin(void)
{
    static const struct {
        const char *name;
        PyTypeObject *type;
    } types[] = {
        {"Gcm", &GcmType},     {"RtpReceiver", &RtpReceiverType}, {"Style", &StyleType},
        {"Lane", &LaneType},   {"Batch", &BatchType},             {"Reader", &ReaderType},
    };
    PyObject *module = PyModule_Create(&definition);
    if (module == NULL)
        return NULL;
    if (PyModule_AddStringConstant(module, "SOURCES_DIGEST", SOURCES_DIGEST) < 0) {
        Py_DECREF(module);
        return NULL;
    }
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (PyType_Ready(types[i].type) < 0
            || PyModule_AddObjectRef(module, types[i].name, (PyObject *)types[i].type) < 0) {
            Py_DECREF(module);
            return NULL;
        }
    }
    return module;
}
