/*
 * Where values lie: nodes that change each element for itself work in place, sources of a
 * NODE_CONCAT are its parts, and values that are not needed at the same time share memory.
 */
#include "base/minmax.h"
#include "formats/c_source/c_source.h"

#include <stdlib.h>

/* Nodes that lie in the same memory. */
typedef struct group {
    int first, last; /* node that writes it, node that reads it last */
    int width;
    int offset; /* in work; -1: not placed */
} group;

typedef struct placement {
    const model_graph *graph;
    int *owner;    /* [node_count] the node whose group it is in, */
    int *shift;    /* and where */
    group *groups; /* [node_count] by owner */
} placement;

static bool is_elementwise(node_kind kind)
{
    return kind == NODE_ACTIVATION || kind == NODE_SCALE || kind == NODE_UNSCALE ||
           kind == NODE_NORMALIZE || kind == NODE_LAYER_NORM;
}

/* Puts a node, and those that share its memory, into that of a NODE_CONCAT. */
static void move_into(placement *p, int source, int concat, int shift)
{
    int owner = p->owner[source];
    for (int i = 0; i < concat; i++) {
        if (p->owner[i] == owner) {
            p->owner[i] = concat;
            p->shift[i] += shift;
        }
    }
}

static void share(placement *p)
{
    const model_graph *graph = p->graph;
    for (int i = 0; i < graph->node_count; i++) {
        const graph_node *node = &graph->nodes[i];
        p->owner[i] = i;
        p->shift[i] = 0;
        if (is_elementwise(node->kind) && graph->nodes[node->sources[0]].kind != NODE_FEATURES) {
            p->owner[i] = p->owner[node->sources[0]];
            p->shift[i] = p->shift[node->sources[0]];
        }
        int end = 0;
        for (int j = 0; node->kind == NODE_CONCAT && j < node->source_count; j++) {
            move_into(p, node->sources[j], i, end);
            end += graph->nodes[node->sources[j]].width;
        }
    }
}

/*
 * Members are computed in a loop from their NODE_EXPAND to their NODE_MEAN: what the loop reads
 * stays until its end, and the mean is there from its beginning.
 */
static void measure_loop(placement *p, int expand)
{
    int mean = expand;
    while (p->graph->nodes[mean].kind != NODE_MEAN) {
        mean++;
    }
    group *read = &p->groups[p->owner[p->graph->nodes[expand].sources[0]]];
    group *sum = &p->groups[p->owner[mean]];
    read->last = MAX(mean, read->last);
    sum->first = MIN(expand, sum->first);
}

static void measure(placement *p)
{
    for (int i = 0; i < p->graph->node_count; i++) {
        p->groups[i] = (group){.first = p->graph->node_count, .offset = -1};
    }
    for (int i = 0; i < p->graph->node_count; i++) {
        const graph_node *node = &p->graph->nodes[i];
        group *own = &p->groups[p->owner[i]];
        int end = p->shift[i] + node->width;
        own->first = MIN(i, own->first);
        own->last = MAX(i, own->last);
        own->width = MAX(end, own->width);
        for (int j = 0; j < node->source_count; j++) {
            group *read = &p->groups[p->owner[node->sources[j]]];
            read->last = MAX(i, read->last);
        }
    }
    for (int i = 0; i < p->graph->node_count; i++) {
        if (p->graph->nodes[i].kind == NODE_EXPAND) {
            measure_loop(p, i);
        }
    }
}

/* The lowest offset that is free while the group is needed. */
static int find_room(const placement *p, const group *wanted)
{
    int offset = 0;
    for (int i = 0; i < p->graph->node_count; i++) {
        const group *other = &p->groups[i];
        bool together =
            other->offset >= 0 && other->first <= wanted->last && wanted->first <= other->last;
        if (together && offset < other->offset + other->width &&
            other->offset < offset + wanted->width) {
            offset = other->offset + other->width;
            i = -1;
        }
    }
    return offset;
}

static void place_groups(c_writer *w, placement *p)
{
    int count = p->graph->node_count;
    int output = p->owner[count - 1];
    for (int first = 0; first < count; first++) {
        for (int i = 0; i < count; i++) {
            group *own = &p->groups[i];
            bool skip = i == output || p->graph->nodes[i].kind == NODE_FEATURES ||
                        (w->direct && p->graph->nodes[i].kind == NODE_SCALE);
            if (own->first != first || own->width == 0 || skip) {
                continue;
            }
            own->offset = find_room(p, own);
            if (own->offset + own->width > w->work) {
                w->work = own->offset + own->width;
            }
        }
    }
}

bool c_place_nodes(c_writer *w)
{
    size_t count = (size_t)w->graph->node_count;
    placement p = {w->graph, calloc(count, sizeof(int)), calloc(count, sizeof(int)),
                   calloc(count, sizeof(group))};
    w->places = calloc(count, sizeof *w->places);
    bool done = p.owner && p.shift && p.groups && w->places;
    if (done) {
        share(&p);
        measure(&p);
        place_groups(w, &p);
    }
    for (size_t i = 0; done && i < count; i++) {
        const group *own = &p.groups[p.owner[i]];
        c_place *place = &w->places[i];
        *place = (c_place){PLACE_WORK, own->offset + p.shift[i]};
        if (p.owner[i] == p.owner[count - 1]) {
            *place = (c_place){PLACE_OUTPUT, p.shift[i]};
        }
        bool input = w->graph->nodes[i].kind == NODE_FEATURES ||
                     (w->direct && w->graph->nodes[i].kind == NODE_SCALE);
        if (input) {
            *place = (c_place){PLACE_INPUT, 0};
        }
    }
    free(p.owner);
    free(p.shift);
    free(p.groups);
    return done;
}
