/** A component that is drawn again only when one of its props is another: for rows of long lists. */
import { createElement, type FunctionComponent, type VNode } from 'preact';
import { useRef } from 'preact/hooks';

export function memo<Props extends object>(draw: FunctionComponent<Props>) {
  return function Memo(props: Props): VNode {
    const last = useRef<{ readonly props: Props; readonly node: VNode } | undefined>(undefined);
    if (last.current !== undefined && isSame(last.current.props, props)) return last.current.node;
    const node = createElement(draw, props) as VNode;
    last.current = { props, node };
    return node;
  };
}

function isSame<Props extends object>(a: Props, b: Props): boolean {
  const keys = Object.keys(b) as (keyof Props)[];
  return keys.length === Object.keys(a).length && keys.every((key) => a[key] === b[key]);
}
