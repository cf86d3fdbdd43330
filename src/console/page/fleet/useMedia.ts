/** Whether a media query holds now. */
import { useEffect, useState } from 'preact/hooks';

export function useMedia(query: string): boolean {
  const [isSo, setSo] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const look = (): void => setSo(media.matches);
    media.addEventListener('change', look);
    look();
    return () => media.removeEventListener('change', look);
  }, [query]);
  return isSo;
}
