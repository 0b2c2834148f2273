//! Parents before children; tables that refer to each other in a circle go together.

/// The strongly connected parts of a graph, each part after all that it points at. `edges[n]` are the
/// nodes that node `n` points at. Nodes within a part, and parts that are free to go in any order, keep
/// the order of their numbers.
pub(super) fn units(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut walk = Walk {
        edges,
        seen: vec![None; edges.len()],
        low: vec![0; edges.len()],
        open: Vec::new(),
        is_open: vec![false; edges.len()],
        units: Vec::new(),
        count: 0,
    };
    for node in 0..edges.len() {
        if walk.seen[node].is_none() {
            walk.visit(node);
        }
    }
    walk.units
}

/// Tarjan's algorithm, with a stack of its own: a chain of tables may be long.
struct Walk<'e> {
    edges: &'e [Vec<usize>],
    seen: Vec<Option<usize>>,
    low: Vec<usize>,
    open: Vec<usize>,
    is_open: Vec<bool>,
    units: Vec<Vec<usize>>,
    count: usize,
}

impl Walk<'_> {
    fn enter(&mut self, node: usize) {
        self.seen[node] = Some(self.count);
        self.low[node] = self.count;
        self.count += 1;
        self.open.push(node);
        self.is_open[node] = true;
    }

    fn visit(&mut self, root: usize) {
        let mut path = vec![(root, 0)];
        self.enter(root);
        while let Some((node, at)) = path.pop() {
            if let Some(&next) = self.edges[node].get(at) {
                path.push((node, at + 1));
                match self.seen[next] {
                    None => {
                        self.enter(next);
                        path.push((next, 0));
                    }
                    Some(number) if self.is_open[next] => {
                        self.low[node] = self.low[node].min(number);
                    }
                    Some(_) => {}
                }
                continue;
            }
            if let Some(&(parent, _)) = path.last() {
                self.low[parent] = self.low[parent].min(self.low[node]);
            }
            if self.seen[node] == Some(self.low[node]) {
                self.close(node);
            }
        }
    }

    fn close(&mut self, node: usize) {
        let mut unit = Vec::new();
        while let Some(member) = self.open.pop() {
            self.is_open[member] = false;
            unit.push(member);
            if member == node {
                break;
            }
        }
        unit.sort_unstable();
        self.units.push(unit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_go_first_and_circles_go_together() {
        for (edges, expected) in [
            (vec![], vec![]),
            (vec![vec![1], vec![]], vec![vec![1], vec![0]]),
            (
                vec![vec![], vec![0], vec![0, 1]],
                vec![vec![0], vec![1], vec![2]],
            ),
            (vec![vec![0]], vec![vec![0]]),
            (vec![vec![1], vec![0], vec![0]], vec![vec![0, 1], vec![2]]),
            (
                vec![vec![3], vec![0], vec![1, 4], vec![1], vec![]],
                vec![vec![0, 1, 3], vec![4], vec![2]],
            ),
        ] {
            assert_eq!(units(&edges), expected, "{edges:?}");
        }
    }

    #[test]
    fn a_long_chain_is_no_trouble() {
        let edges: Vec<Vec<usize>> = (0..50_000).map(|n| vec![(n + 1) % 50_000]).collect();
        assert_eq!(units(&edges).len(), 1);
    }
}
