/* The header of an NPY file. Offsets in messages point at what is wrong. */
#include "data/npy/npy_header.h"

#include "base/memory.h"
#include "base/minmax.h"

#include <string.h>

enum {
    LONGEST_HEADER = 10000,  /* what NumPy reads from a file it does not trust */
    MOST_FEATURES = 1 << 24, /* a column each, which is more memory than a value */
    MAGIC_BYTES = 8,         /* with the version */
};

/* ---- The text ---- */

typedef struct parser {
    const input_stream *from;
    const char *text; /* [length] */
    size_t length;
    size_t at;    /* the next character */
    size_t start; /* where the text lies in the file */
    nnfs_error *error;
} parser;

/* The next character that is no space; 0 at the end. */
static char peek(parser *parse)
{
    static const char spaces[] = {' ', '\n', '\t', '\r', '\f'};
    while (parse->at < parse->length &&
           memchr(spaces, parse->text[parse->at], sizeof spaces) != NULL) {
        parse->at++;
    }
    if (parse->at < parse->length) {
        return parse->text[parse->at];
    }
    return '\0';
}

static bool take(parser *parse, char wanted)
{
    bool there = peek(parse) == wanted;
    parse->at += there;
    return there;
}

static bool take_word(parser *parse, const char *word)
{
    size_t length = strlen(word);
    (void)peek(parse);
    bool there =
        parse->length - parse->at >= length && memcmp(parse->text + parse->at, word, length) == 0;
    if (there) {
        parse->at += length;
    }
    return there;
}

static nnfs_status expect(parser *parse, char wanted, const char *where)
{
    if (!take(parse, wanted)) {
        return input_stream_fail(parse->from, parse->start + parse->at, parse->error,
                                 "%s, '%c' is wanted", where, wanted);
    }
    return NNFS_OK;
}

/* What stands between two quotes of a kind; a backslash means nothing, and no known
 * word has one. */
typedef struct quoted {
    const char *text;
    int length;
    size_t offset; /* in the file */
} quoted;

static nnfs_status take_string(parser *parse, const char *what, quoted *string)
{
    char quote = peek(parse);
    *string = (quoted){.text = "", .offset = parse->start + parse->at};
    const char *last = NULL;
    if (quote == '\'' || quote == '"') {
        string->text = parse->text + ++parse->at;
        last = memchr(string->text, quote, parse->length - parse->at);
    }
    if (!last) {
        return input_stream_fail(parse->from, string->offset, parse->error,
                                 "%s is not a quoted string", what);
    }
    string->length = (int)(last - string->text);
    parse->at += (size_t)string->length + 1;
    return NNFS_OK;
}

static bool same(const quoted *string, const char *word)
{
    return strlen(word) == (size_t)string->length &&
           memcmp(word, string->text, (size_t)string->length) == 0;
}

/* ---- descr ---- */

static const struct {
    char name[3];
    dtype type;
} types[] = {
    {"u1", DTYPE_U8},  {"i1", DTYPE_I8},  {"i2", DTYPE_I16}, {"i4", DTYPE_I32}, {"i8", DTYPE_I64},
    {"f2", DTYPE_F16}, {"f4", DTYPE_F32}, {"f8", DTYPE_F64}, {"b1", DTYPE_U8}, /* 0 or 1 */
};

static nnfs_status refuse_type(const parser *parse, const quoted *descr)
{
    char kind = '\0';
    if (descr->length > 1) {
        kind = descr->text[1];
    }
    const char *hint = "";
    if (kind == 'O') {
        hint = " (Python objects)";
    } else if (kind == 'V') {
        hint = " (a structured type)";
    }
    return input_stream_fail(
        parse->from, descr->offset, parse->error,
        "type '%.*s'%s cannot be read, only u1, i1, i2, i4, i8, f2, f4, f8 and b1",
        MIN(descr->length, 16), descr->text, hint);
}

/* "<U9" and "|S9": text of at most 9 characters. */
static bool parse_text(const quoted *descr, npy_header *header)
{
    size_t characters = 0;
    char kind = '\0';
    if (descr->length > 2) {
        kind = descr->text[1];
    }
    if ((kind != 'U' && kind != 'S') || descr->text[0] == '\0' || !strchr("<>|", descr->text[0]) ||
        descr->length > 6) {
        return false;
    }
    for (int i = 2; i < descr->length; i++) {
        if (descr->text[i] < '0' || descr->text[i] > '9') {
            return false;
        }
        characters = characters * 10 + (size_t)(descr->text[i] - '0');
    }
    header->text_unit = kind == 'U' ? 4 : 1;
    header->text_bytes = characters * header->text_unit;
    header->type = DTYPE_U8;
    header->swapped = descr->text[0] == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? '>' : '<');
    return characters > 0;
}

static nnfs_status parse_descr(parser *parse, npy_header *header)
{
    if (peek(parse) == '[') {
        return input_stream_fail(parse->from, parse->start + parse->at, parse->error,
                                 "a structured type cannot be read, only plain numbers");
    }
    quoted descr;
    nnfs_status status = take_string(parse, "the type", &descr);
    if (status != NNFS_OK) {
        return status;
    }
    char order = '\0';
    if (descr.length == 3) {
        order = descr.text[0];
    }
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        bool one_byte = types[i].name[1] == '1';
        if ((order == '<' || order == '>' || (order == '|' && one_byte)) &&
            memcmp(descr.text + 1, types[i].name, 2) == 0) {
            header->type = types[i].type;
            header->swapped =
                !one_byte && order == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? '>' : '<');
            return NNFS_OK;
        }
    }
    if (!parse_text(&descr, header)) {
        return refuse_type(parse, &descr);
    }
    return NNFS_OK;
}

/* ---- fortran_order and shape ---- */

static nnfs_status parse_order(parser *parse, npy_header *header)
{
    header->fortran = take_word(parse, "True");
    if (!header->fortran && !take_word(parse, "False")) {
        return input_stream_fail(parse->from, parse->start + parse->at, parse->error,
                                 "fortran_order is neither True nor False");
    }
    return NNFS_OK;
}

/* Why what stands there is not a size, or NULL. */
static const char *wrong_size(parser *parse)
{
    char first = peek(parse);
    if (first == '-') {
        return "negative";
    }
    if (take_word(parse, "True") || take_word(parse, "False")) {
        return "a boolean";
    }
    if (first == '0') {
        return "0";
    }
    if (first < '1' || first > '9') {
        return "not a whole number";
    }
    return NULL;
}

static nnfs_status parse_size(parser *parse, int number, size_t *size)
{
    (void)peek(parse);
    size_t offset = parse->start + parse->at;
    const char *wrong = wrong_size(parse);
    if (wrong) {
        return input_stream_fail(parse->from, offset, parse->error, "size %d of the shape is %s",
                                 number, wrong);
    }
    *size = 0;
    for (; parse->at < parse->length && parse->text[parse->at] >= '0' &&
           parse->text[parse->at] <= '9';
         parse->at++) {
        *size = size_add(size_mul(*size, 10), (size_t)(parse->text[parse->at] - '0'));
    }
    return NNFS_OK;
}

static nnfs_status parse_shape(parser *parse, npy_header *header)
{
    bool more = true;
    TRY(expect(parse, '(', "the shape begins here"));
    while (more && peek(parse) != ')') {
        if (header->rank == NPY_LARGEST_RANK) {
            return input_stream_fail(parse->from, parse->start + parse->at, parse->error,
                                     "the shape has more than %d sizes", NPY_LARGEST_RANK);
        }
        TRY(parse_size(parse, header->rank + 1, &header->shape[header->rank]));
        header->rank++;
        more = take(parse, ',');
    }
    if (header->rank == 1 && !more && peek(parse) == ')') {
        TRY(expect(parse, ',', "in a shape of one size")); /* (3) is a number to Python */
    }
    return expect(parse, ')', "the shape ends here");
}

/* ---- The dictionary ---- */

static const struct {
    const char *name;
    nnfs_status (*parse)(parser *parse, npy_header *header);
} keys[] = {
    {"descr", parse_descr},
    {"fortran_order", parse_order},
    {"shape", parse_shape},
};
enum { KEYS = sizeof keys / sizeof keys[0] };

static nnfs_status parse_entry(parser *parse, bool seen[KEYS], npy_header *header)
{
    quoted key;
    nnfs_status status = take_string(parse, "a key of the header", &key);
    if (status != NNFS_OK) {
        return status;
    }
    for (size_t i = 0; i < KEYS; i++) {
        if (!same(&key, keys[i].name)) {
            continue;
        }
        if (seen[i]) {
            return input_stream_fail(parse->from, key.offset, parse->error,
                                     "the key '%s' comes again", keys[i].name);
        }
        seen[i] = true;
        status = expect(parse, ':', "after a key");
        if (status != NNFS_OK) {
            return status;
        }
        return keys[i].parse(parse, header);
    }
    return input_stream_fail(parse->from, key.offset, parse->error,
                             "the key '%.*s' is none of descr, fortran_order and shape",
                             MIN(key.length, 32), key.text);
}

static nnfs_status parse_dictionary(parser *parse, npy_header *header)
{
    bool seen[KEYS] = {false};
    bool more = true;
    TRY(expect(parse, '{', "the header is not a Python dictionary: here"));
    while (more && peek(parse) != '}') {
        TRY(parse_entry(parse, seen, header));
        more = take(parse, ',');
    }
    TRY(expect(parse, '}', "the header's dictionary ends here"));
    for (size_t i = 0; i < KEYS; i++) {
        if (!seen[i]) {
            return input_stream_fail(parse->from, parse->start, parse->error,
                                     "the header has no key '%s'", keys[i].name);
        }
    }
    (void)peek(parse);
    if (parse->at < parse->length) {
        return input_stream_fail(parse->from, parse->start + parse->at, parse->error,
                                 "the header goes on after its dictionary");
    }
    return NNFS_OK;
}

/* What the sizes come to. */
static nnfs_status multiply(const parser *parse, npy_header *header)
{
    if (header->rank == 0) {
        return input_stream_fail(parse->from, parse->start, parse->error,
                                 "the shape () is a single number's; [samples, ...] is wanted");
    }
    header->features = 1;
    for (int i = 1; i < header->rank; i++) {
        header->features = size_mul(header->features, header->shape[i]);
    }
    header->bytes =
        size_mul(size_mul(header->shape[0], header->features),
                 header->text_bytes > 0 ? header->text_bytes : dtype_bytes(header->type));
    if (header->bytes == SIZE_MAX) {
        return input_stream_fail(parse->from, parse->start, parse->error,
                                 "the product of the sizes overflows");
    }
    if (header->text_bytes > 0 && header->features != 1) {
        return input_stream_fail(parse->from, parse->start, parse->error,
                                 "an array of text is read if it is one column");
    }
    if (header->features > MOST_FEATURES) {
        return input_stream_fail(parse->from, parse->start, parse->error,
                                 "the shape gives a sample more than %d values", MOST_FEATURES);
    }
    return NNFS_OK;
}

/* ---- The file ---- */

/* The next `count` bytes of the header, all of them. */
static nnfs_status read_all(input_stream *from, void *bytes, size_t count, nnfs_error *error)
{
    size_t got = 0;
    TRY(input_stream_read(from, bytes, count, &got, error));
    if (got < count) {
        size_t end = input_stream_offset(from);
        if (end == 0) {
            return input_stream_fail(from, 0, error, "it is empty");
        }
        return input_stream_fail(from, end, error, "the file ends here, its header needs %zu more",
                                 count - got);
    }
    return NNFS_OK;
}

/* The magic and the version; *length_bytes says how many bytes the length that follows has. */
static nnfs_status read_magic(input_stream *from, size_t *length_bytes, nnfs_error *error)
{
    static const unsigned char magic[] = {0x93, 'N', 'U', 'M', 'P', 'Y'};
    unsigned char head[MAGIC_BYTES] = {0};
    nnfs_status status = read_all(from, head, sizeof head, error);
    if (status != NNFS_OK) {
        return status;
    }
    if (memcmp(head, magic, sizeof magic) != 0) {
        return input_stream_fail(from, 0, error,
                                 "neither NPY nor gzip: it begins with %02x %02x, NPY with 93 4e",
                                 head[0], head[1]);
    }
    int major = head[6];
    int minor = head[7];
    if (major < 1 || major > 3 || minor != 0) {
        return input_stream_fail(from, sizeof magic, error,
                                 "version %d.%d of the format is none of 1.0, 2.0 and 3.0", major,
                                 minor);
    }
    *length_bytes = major == 1 ? 2 : 4;
    return NNFS_OK;
}

static nnfs_status read_length(input_stream *from, size_t length_bytes, size_t *length,
                               nnfs_error *error)
{
    unsigned char bytes[4] = {0}; /* little-endian */
    TRY(read_all(from, bytes, length_bytes, error));
    *length = (size_t)bytes[3] << 24 | (size_t)bytes[2] << 16 | (size_t)bytes[1] << 8 | bytes[0];
    if (*length > LONGEST_HEADER) {
        return input_stream_fail(from, MAGIC_BYTES, error,
                                 "the header's length is %zu, more than %d bytes", *length,
                                 LONGEST_HEADER);
    }
    return NNFS_OK;
}

/* What is not ASCII has no meaning here, and must not get into messages. */
static void keep_ascii(char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)text[i] >= 0x80) {
            text[i] = '?';
        }
    }
}

nnfs_status npy_read_header(input_stream *from, npy_header *header, nnfs_error *error)
{
    char text[LONGEST_HEADER];
    size_t length_bytes = 0;
    size_t length = 0;
    *header = (npy_header){.rank = 0};
    TRY(read_magic(from, &length_bytes, error));
    TRY(read_length(from, length_bytes, &length, error));
    parser parse = {.from = from,
                    .text = text,
                    .length = length,
                    .start = input_stream_offset(from),
                    .error = error};
    TRY(read_all(from, text, length, error));
    keep_ascii(text, length);
    TRY(parse_dictionary(&parse, header));
    return multiply(&parse, header);
}
