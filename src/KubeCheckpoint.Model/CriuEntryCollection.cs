using System.Collections.ObjectModel;

namespace KubeCheckpoint;

/// <summary>
/// The entries of a CRIU image. An entry becomes a PowerShell object when it is first used and stays that object: the
/// pagemap of a large process has hundreds of thousands.
/// </summary>
public sealed class CriuEntryCollection : Collection<object>
{
    private readonly LateList _items;

    /// <summary>Makes an empty collection.</summary>
    public CriuEntryCollection()
        : this([])
    {
    }

    /// <summary>Makes a collection of objects: PowerShell uses this for whatever is assigned to a property of this type.</summary>
    /// <param name="entries">The entries.</param>
    public CriuEntryCollection(IEnumerable<object> entries)
        : this(entries, entry => entry)
    {
    }

    /// <summary>Makes a collection whose objects are made when they are asked for.</summary>
    /// <param name="entries">What they are made of.</param>
    /// <param name="make">Makes one; returns an object that was made already.</param>
    public CriuEntryCollection(IEnumerable<object> entries, Func<object, object> make)
        : this(new LateList([.. entries], make))
    {
    }

    private CriuEntryCollection(LateList items)
        : base(items) => _items = items;

    /// <summary>An entry as it is by now: what an object would be made of, where nobody has looked at it.</summary>
    /// <param name="index">Its index.</param>
    public object Peek(int index) => _items.Peek(index);

    /// <summary>A list whose items are made late.</summary>
    private sealed class LateList(List<object> items, Func<object, object> make) : IList<object>
    {
        private readonly Lock _making = new();

        public int Count => items.Count;

        public bool IsReadOnly => false;

        public object this[int index]
        {
            get
            {
                lock (_making)
                    return items[index] = make(items[index]);
            }
            set => items[index] = value;
        }

        public object Peek(int index) => items[index];

        public void Add(object item) => items.Add(item);

        public void Clear() => items.Clear();

        public bool Contains(object item) => IndexOf(item) >= 0;

        public void CopyTo(object[] array, int arrayIndex)
        {
            for (var i = 0; i < Count; i++)
                array[arrayIndex + i] = this[i];
        }

        public IEnumerator<object> GetEnumerator()
        {
            for (var i = 0; i < Count; i++)
                yield return this[i];
        }

        public int IndexOf(object item) => items.IndexOf(item);

        public void Insert(int index, object item) => items.Insert(index, item);

        public bool Remove(object item) => items.Remove(item);

        public void RemoveAt(int index) => items.RemoveAt(index);

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
