import { type ComponentChildren, createContext } from 'preact';
import { useContext } from 'preact/hooks';

/** How deep a result lies in its view: no level of headings may be left out. */
export const TitleLevel = createContext<2 | 4>(4);

/** The title of one part of a result. */
export function SectionTitle({ children }: { children: ComponentChildren }) {
  const Title = useContext(TitleLevel) === 2 ? 'h2' : 'h4';
  return <Title class="section-title">{children}</Title>;
}
